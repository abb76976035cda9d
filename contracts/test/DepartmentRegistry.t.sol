// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract DepartmentRegistryTest is Registries {
    DepartmentId internal constant NEXT = DepartmentId.wrap(5);
    address internal constant NEWCOMER = address(0xabc);

    function test_the_agency_is_the_first_member_at_once() public {
        IDepartmentRegistry fresh = deployDepartments("lead", NEWCOMER, 5, 6, 1, periodsOf(9));
        VM.assertTrue(fresh.agency() == AGENCY, "agency");
        VM.assertTrue(fresh.inGoodStanding(AGENCY), "standing");
        VM.assertTrue(fresh.departmentByCode("lead") == AGENCY, "code");
        VM.assertEq(fresh.departmentCount(), 1);
        VM.assertEq(fresh.noticePeriod(), 5);
        VM.assertEq(fresh.keyDelay(), 6);
        VM.assertEq(fresh.minimumPeriod(), 1);
        VM.assertEq(fresh.periods().respond, 9);
        (DepartmentId department, uint8 capabilities) = fresh.accountOf(NEWCOMER);
        VM.assertTrue(department == AGENCY, "account");
        VM.assertEq(capabilities, Capability.ADMIN);
        bytes memory deadlines = abi.encode(AGENCY, periodsOf(9), uint40(block.timestamp));
        bytes32 head = extended(
            0,
            IDepartmentRegistry.DepartmentAdmitted.selector,
            abi.encode(
                AGENCY,
                bytes32("lead"),
                NEWCOMER,
                digest("agency card"),
                uint40(block.timestamp)
            )
        );
        head = extended(
            head,
            IDepartmentRegistry.AccountAdded.selector,
            abi.encode(AGENCY, NEWCOMER, Capability.ADMIN)
        );
        head = extended(head, IDepartmentRegistry.DeadlinesSet.selector, deadlines);
        checkMemberHead(fresh, AGENCY, head);
    }

    function test_a_deployment_is_refused_what_an_admission_is_refused() public {
        checkDeployment(
            "Agency",
            NEWCOMER,
            MINIMUM,
            abi.encodeWithSelector(IDepartmentRegistry.CodeInvalid.selector, bytes32("Agency"))
        );
        checkDeployment(
            "agency",
            address(0),
            MINIMUM,
            abi.encodeWithSelector(IDepartmentRegistry.AccountInvalid.selector, address(0))
        );
        checkDeployment(
            "agency",
            NEWCOMER,
            MINIMUM - 1,
            abi.encodeWithSelector(
                IDepartmentRegistry.PeriodTooShort.selector,
                MINIMUM - 1,
                MINIMUM
            )
        );
        this.deploy("agency", NEWCOMER, MINIMUM);
    }

    function deploy(bytes32 code, address agencyAdmin, uint32 seconds_) external {
        deployDepartments(code, agencyAdmin, NOTICE, KEY_DELAY, MINIMUM, periodsOf(seconds_));
    }

    function test_nobody_is_known_by_what_was_never_given() public view {
        VM.assertTrue(!departments.inGoodStanding(NEXT), "no member");
        VM.assertTrue(!departments.inGoodStanding(DepartmentId.wrap(0)), "none");
        VM.assertTrue(!departments.isAuditor(NEXT), "no auditor");
        VM.assertTrue(departments.departmentByCode("tax") == DepartmentId.wrap(0), "no code");
        (DepartmentId department, uint8 capabilities) = departments.accountOf(STRANGER);
        VM.assertTrue(department == DepartmentId.wrap(0), "no department");
        VM.assertEq(capabilities, 0);
    }

    // ------------------------------------------------------------------ authorizations
    function test_only_the_agency_s_officers_act_for_the_agency() public {
        VM.assertTrue(departments.authorizeAgency(officer(AGENCY)) == AGENCY, "officer");
        address[5] memory others = [
            STRANGER,
            admin(AGENCY),
            agent(AGENCY),
            officer(LABOUR),
            address(0)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            VM.expectRevert(
                abi.encodeWithSelector(IDepartmentRegistry.AgencyOnly.selector, others[i])
            );
            departments.authorizeAgency(others[i]);
        }
    }

    function test_what_the_suspended_may_still_do_needs_a_member_and_its_capability() public {
        suspendMember(LABOUR);
        VM.assertTrue(
            departments.authorizeSuspended(agent(LABOUR), Capability.AGENT) == LABOUR,
            "suspended"
        );
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                agent(LABOUR),
                Capability.ADMIN
            )
        );
        departments.authorizeSuspended(agent(LABOUR), Capability.ADMIN);
        admitMember("tax", NEXT);
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.DepartmentNotYetAdmitted.selector,
                NEXT,
                block.timestamp + NOTICE
            )
        );
        departments.authorizeSuspended(admin(NEXT), Capability.ADMIN);
    }

    function test_nothing_is_authorized_towards_a_suspended_member() public {
        suspendMember(HEALTH);
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.DepartmentIsSuspended.selector,
            HEALTH
        );
        VM.expectRevert(refusal);
        departments.authorizeRequest(officer(LABOUR), HEALTH);
        VM.expectRevert(refusal);
        departments.authorizeOpening(agent(LABOUR), HEALTH);
        VM.expectRevert(refusal);
        departments.authorizeRelease(agent(LABOUR), HEALTH);
        // Towards others it is, now and once all are reinstated.
        departments.authorizeRequest(officer(LABOUR), ENERGY);
        suspendMember(ENERGY);
        VM.startPrank(officer(AGENCY));
        departments.reinstate(HEALTH, why());
        departments.authorizeRequest(officer(LABOUR), HEALTH);
        VM.stopPrank();
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, ENERGY)
        );
        departments.authorizeRequest(officer(LABOUR), ENERGY);
    }

    function test_a_member_that_is_admitted_and_suspended_before_it_takes_effect() public {
        admitMember("tax", NEXT);
        suspendMember(NEXT);
        VM.warp(block.timestamp + NOTICE);
        VM.assertTrue(!departments.inGoodStanding(NEXT), "suspended");
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, NEXT)
        );
        departments.authorize(admin(NEXT), Capability.ADMIN);
    }

    function test_the_version_is_told() public view {
        VM.assertEq(departments.version(), "0.1.0", "version");
    }

    // ------------------------------------------------------------------ admit
    function test_admit_makes_a_member_after_the_notice_period() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DepartmentAdmitted(
            NEXT,
            "tax",
            NEWCOMER,
            digest("card"),
            effectiveAt
        );
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AccountAdded(NEXT, NEWCOMER, Capability.ADMIN);
        VM.prank(officer(AGENCY));
        VM.assertTrue(departments.admit("tax", NEWCOMER, digest("card")) == NEXT, "number");

        bytes32 head = extended(
            0,
            IDepartmentRegistry.DepartmentAdmitted.selector,
            abi.encode(NEXT, bytes32("tax"), NEWCOMER, digest("card"), effectiveAt)
        );
        checkMemberHead(
            NEXT,
            head,
            IDepartmentRegistry.AccountAdded.selector,
            abi.encode(NEXT, NEWCOMER, Capability.ADMIN)
        );
        VM.assertTrue(departments.departmentByCode("tax") == NEXT, "code");
        VM.assertTrue(!departments.inGoodStanding(NEXT), "too early");
        VM.warp(effectiveAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.DepartmentNotYetAdmitted.selector,
                NEXT,
                effectiveAt
            )
        );
        departments.authorize(NEWCOMER, Capability.ADMIN);
        VM.warp(effectiveAt);
        VM.assertTrue(departments.inGoodStanding(NEXT), "standing");
        VM.assertTrue(departments.authorize(NEWCOMER, Capability.ADMIN) == NEXT, "authorized");
    }

    function test_admit_refuses_a_code_that_is_taken() public {
        expectAgency(
            abi.encodeWithSelector(
                IDepartmentRegistry.CodeTaken.selector,
                bytes32("labour"),
                LABOUR
            )
        );
        departments.admit("labour", NEWCOMER, digest("card"));
    }

    function test_admit_refuses_malformed_codes() public {
        bytes32[6] memory malformed = [
            bytes32(""),
            "Tax",
            "t x",
            "tax_1",
            bytes32(hex"7400780000"),
            hex"ff"
        ];
        for (uint256 i = 0; i < malformed.length; ++i) {
            expectAgency(
                abi.encodeWithSelector(IDepartmentRegistry.CodeInvalid.selector, malformed[i])
            );
            departments.admit(malformed[i], NEWCOMER, digest("card"));
        }
    }

    function test_admit_takes_the_longest_code() public {
        VM.prank(officer(AGENCY));
        departments.admit("abcdefghijklmnopqrstuvwxyz-01289", NEWCOMER, digest("card"));
    }

    /// @dev An oracle written another way: no byte after a zero, all others of the alphabet.
    function testFuzz_only_codes_of_the_grammar_are_admitted(bytes32 code) public {
        bool valid = code[0] != 0;
        for (uint256 i = 0; i < 32; ++i) {
            uint8 c = uint8(code[i]);
            bool letter = (c > 96 && c < 123) || (c > 47 && c < 58) || c == 45;
            if (c != 0 && (!letter || (i > 0 && code[i - 1] == 0))) valid = false;
        }
        VM.assume(DepartmentId.unwrap(departments.departmentByCode(code)) == 0);
        if (valid) VM.prank(officer(AGENCY));
        else expectAgency(abi.encodeWithSelector(IDepartmentRegistry.CodeInvalid.selector, code));
        departments.admit(code, NEWCOMER, digest("card"));
    }

    function test_admit_refuses_a_missing_card() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        departments.admit("tax", NEWCOMER, 0);
    }

    function test_admit_refuses_an_account_of_another_member() public {
        expectAgency(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountTaken.selector,
                officer(HEALTH),
                HEALTH
            )
        );
        departments.admit("tax", officer(HEALTH), digest("card"));
    }

    function test_admit_refuses_the_zero_account() public {
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.AccountInvalid.selector, address(0))
        );
        departments.admit("tax", address(0), digest("card"));
    }

    // ------------------------------------------------------------------ suspend, reinstate
    function test_suspend_and_reinstate_act_at_once() public {
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DepartmentSuspended(LABOUR, 7, digest("reason"));
        suspendMember(LABOUR);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.DepartmentSuspended.selector,
            abi.encode(LABOUR, why())
        );
        VM.assertTrue(!departments.inGoodStanding(LABOUR), "suspended");
        VM.assertTrue(departments.inGoodStanding(HEALTH), "others are not");
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.authorize(officer(LABOUR), Capability.OFFICER);
        VM.assertTrue(
            departments.authorize(officer(HEALTH), Capability.OFFICER) == HEALTH,
            "another"
        );

        head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DepartmentReinstated(LABOUR, 7, digest("reason"));
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.DepartmentReinstated.selector,
            abi.encode(LABOUR, why())
        );
        VM.assertTrue(
            departments.authorize(officer(LABOUR), Capability.OFFICER) == LABOUR,
            "reinstated"
        );
    }

    function test_one_reinstatement_leaves_the_other_suspended() public {
        suspendMember(LABOUR);
        suspendMember(HEALTH);
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        departments.authorize(officer(HEALTH), Capability.OFFICER);
    }

    function test_an_account_that_was_added_before_a_suspension_is_suspended_with_it() public {
        VM.prank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ALL);
        suspendMember(LABOUR);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.authorize(NEWCOMER, Capability.AGENT);
    }

    function test_suspend_refuses_the_agency() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.AgencyRequired.selector, AGENCY));
        departments.suspend(AGENCY, why());
    }

    function test_suspend_refuses_whom_it_cannot_suspend() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.suspend(NEXT, why());
        suspendMember(LABOUR);
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.suspend(LABOUR, why());
    }

    function test_suspend_and_reinstate_ask_for_a_reason() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
        departments.suspend(LABOUR, Reason(0, digest("reason")));
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
        departments.suspend(LABOUR, Reason(7, 0));
        suspendMember(LABOUR);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
        departments.reinstate(LABOUR, Reason(7, 0));
    }

    function test_reinstate_refuses_whoever_is_not_suspended() public {
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsNotSuspended.selector, LABOUR)
        );
        departments.reinstate(LABOUR, why());
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.reinstate(NEXT, why());
    }

    // ------------------------------------------------------------------ helpers
    function expectAgency(bytes memory refusal) private {
        VM.prank(officer(AGENCY));
        VM.expectRevert(refusal);
    }

    /// @dev `expectRevert` doesn't see the constructor that a cheatcode calls.
    function checkDeployment(
        bytes32 code,
        address agencyAdmin,
        uint32 seconds_,
        bytes memory expected
    ) private {
        try this.deploy(code, agencyAdmin, seconds_) {
            VM.assertTrue(false, "deployed");
        } catch (bytes memory refusal) {
            VM.assertEq(refusal, expected);
        }
    }
}
