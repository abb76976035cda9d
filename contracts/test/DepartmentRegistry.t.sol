// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId, Periods, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract DepartmentRegistryTest is Registries {
    DepartmentId internal constant NEXT = DepartmentId.wrap(5);
    address internal constant NEWCOMER = address(0xabc);

    function test_the_agency_is_the_first_member_at_once() public {
        IDepartmentRegistry fresh = deployDepartments("lead", NEWCOMER, 5, 6, 1, periodsOf(9));
        VM.assertTrue(fresh.agency() == AGENCY, "agency");
        VM.assertTrue(fresh.inGoodStanding(AGENCY), "standing");
        VM.assertEq(fresh.codeOf(AGENCY), "lead");
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
        VM.assertEq(departments.codeOf(NEXT), 0);
        (DepartmentId department, uint8 capabilities) = departments.accountOf(STRANGER);
        VM.assertTrue(department == DepartmentId.wrap(0), "no department");
        VM.assertEq(capabilities, 0);
        VM.assertEq(departments.MAX_ACCOUNTS(), 64);
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

    // ------------------------------------------------------------------ auditors
    function test_an_auditor_is_appointed_once() public {
        bytes32 head = departments.memberHead(ENERGY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AuditorAppointed(ENERGY);
        VM.prank(officer(AGENCY));
        departments.appointAuditor(ENERGY);
        checkMemberHead(
            ENERGY,
            head,
            IDepartmentRegistry.AuditorAppointed.selector,
            abi.encode(ENERGY)
        );
        VM.assertTrue(departments.isAuditor(ENERGY), "auditor");
        VM.assertTrue(!departments.isAuditor(HEALTH), "another");
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.AuditorAlready.selector, ENERGY));
        departments.appointAuditor(ENERGY);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.appointAuditor(NEXT);
    }

    // ------------------------------------------------------------------ deadlines
    function test_new_deadlines_are_in_force_after_the_notice_period() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(AGENCY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DeadlinesSet(AGENCY, 100, 101, 102, 103, 104, effectiveAt);
        setDeadlines(100);
        checkMemberHead(
            AGENCY,
            head,
            IDepartmentRegistry.DeadlinesSet.selector,
            abi.encode(AGENCY, periodsOf(100), effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkPeriods(1 days);
        VM.warp(effectiveAt);
        checkPeriods(100);
    }

    function test_deadlines_that_are_set_again_replace_those_that_were_pending() public {
        setDeadlines(100);
        VM.warp(block.timestamp + NOTICE - 1);
        setDeadlines(200);
        VM.warp(block.timestamp + 1);
        checkPeriods(1 days);
        VM.warp(block.timestamp + NOTICE - 1);
        checkPeriods(200);
        setDeadlines(300);
        checkPeriods(200);
    }

    function test_new_deadlines_leave_suspensions_as_they_are() public {
        suspendMember(LABOUR);
        setDeadlines(100);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.authorize(officer(LABOUR), Capability.OFFICER);
    }

    function test_no_period_may_be_below_the_minimum() public {
        for (uint256 i = 0; i < 5; ++i) {
            uint32[5] memory set = [MINIMUM, MINIMUM, MINIMUM, MINIMUM, MINIMUM];
            set[i] -= 1;
            expectAgency(
                abi.encodeWithSelector(
                    IDepartmentRegistry.PeriodTooShort.selector,
                    MINIMUM - 1,
                    MINIMUM
                )
            );
            departments.setDeadlines(Periods(set[0], set[1], set[2], set[3], set[4]));
        }
    }

    // ------------------------------------------------------------------ accounts
    function test_accounts_come_and_go() public {
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AccountAdded(LABOUR, NEWCOMER, Capability.ALL);
        VM.prank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ALL);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.AccountAdded.selector,
            abi.encode(LABOUR, NEWCOMER, Capability.ALL)
        );
        VM.assertTrue(departments.authorize(NEWCOMER, Capability.AGENT) == LABOUR, "added");

        head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AccountRemoved(LABOUR, NEWCOMER);
        VM.prank(admin(LABOUR));
        departments.removeAccount(NEWCOMER);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.AccountRemoved.selector,
            abi.encode(LABOUR, NEWCOMER)
        );
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                NEWCOMER,
                Capability.AGENT
            )
        );
        departments.authorize(NEWCOMER, Capability.AGENT);
    }

    function testFuzz_an_account_may_do_what_it_holds(uint8 held, uint8 needed) public {
        VM.prank(admin(LABOUR));
        if (held == 0 || held > 7) {
            VM.expectRevert(
                abi.encodeWithSelector(IDepartmentRegistry.CapabilitiesInvalid.selector, held)
            );
            departments.addAccount(NEWCOMER, held);
            return;
        }
        departments.addAccount(NEWCOMER, held);
        if (held & needed == 0) {
            VM.expectRevert(
                abi.encodeWithSelector(
                    IDepartmentRegistry.AccountUnauthorized.selector,
                    NEWCOMER,
                    needed
                )
            );
        }
        departments.authorize(NEWCOMER, needed);
    }

    function test_an_account_belongs_to_one_department() public {
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountTaken.selector, agent(HEALTH), HEALTH)
        );
        departments.addAccount(agent(HEALTH), Capability.AGENT);
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountUnknown.selector, agent(HEALTH))
        );
        departments.removeAccount(agent(HEALTH));
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountUnknown.selector, NEWCOMER)
        );
        departments.removeAccount(NEWCOMER);
    }

    function test_the_last_admin_stays() public {
        VM.prank(admin(LABOUR));
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AdminRequired.selector, LABOUR));
        departments.removeAccount(admin(LABOUR));

        VM.startPrank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ADMIN | Capability.AGENT);
        departments.removeAccount(admin(LABOUR));
        VM.stopPrank();
        VM.prank(NEWCOMER);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AdminRequired.selector, LABOUR));
        departments.removeAccount(NEWCOMER);
    }

    function test_the_accounts_of_a_department_are_bounded() public {
        VM.startPrank(admin(ENERGY));
        uint160 next = 0xACC0;
        // Its ADMIN, OFFICER and AGENT are there already.
        for (uint256 i = 3; i < 64; ++i) departments.addAccount(address(next++), Capability.AGENT);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.TooManyAccounts.selector, ENERGY, 64)
        );
        departments.addAccount(address(next), Capability.AGENT);
        departments.removeAccount(address(next - 1));
        departments.addAccount(address(next), Capability.AGENT);
        VM.stopPrank();
    }

    function test_a_suspension_reaches_every_account_and_ends_for_each() public {
        VM.startPrank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.OFFICER);
        VM.stopPrank();
        VM.prank(officer(AGENCY));
        departments.suspend(LABOUR, why());
        // One that is removed meanwhile doesn't disturb the others.
        VM.prank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.DepartmentIsSuspended.selector,
            LABOUR
        );
        VM.expectRevert(refusal);
        departments.authorize(NEWCOMER, Capability.OFFICER);
        VM.expectRevert(refusal);
        departments.authorize(officer(LABOUR), Capability.OFFICER);
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.assertTrue(departments.authorize(NEWCOMER, Capability.OFFICER) == LABOUR, "newcomer");
        VM.assertTrue(
            departments.authorize(officer(LABOUR), Capability.OFFICER) == LABOUR,
            "officer"
        );
    }

    function test_an_account_that_a_suspended_department_removed_is_a_stranger_s() public {
        suspendMember(LABOUR);
        VM.prank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        // Another department may take it; neither the suspension nor its end comes with it.
        VM.prank(admin(HEALTH));
        departments.addAccount(agent(LABOUR), Capability.OFFICER);
        VM.assertTrue(
            departments.authorize(agent(LABOUR), Capability.OFFICER) == HEALTH,
            "not suspended"
        );
        suspendMember(HEALTH);
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        departments.authorize(agent(LABOUR), Capability.OFFICER);
    }

    // ------------------------------------------------------------------ keys
    function test_the_first_key_is_current_at_once_and_a_later_one_after_the_delay() public {
        VM.assertEq(departments.currentKey(LABOUR), 1);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        bytes32 head = departments.memberHead(LABOUR);
        bytes memory key = publicKey(2);
        bytes32 keyDigest = sha256(key);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.KeyPublished(LABOUR, 2, keyDigest, key, effectiveAt);
        VM.prank(admin(LABOUR));
        departments.publishKey(2, key);
        bytes32 topic0 = IDepartmentRegistry.KeyPublished.selector;
        // The key is the only dynamic field of all events, so this head is encoded as a whole.
        head = keccak256(
            abi.encode(
                head,
                topic0,
                block.timestamp,
                LABOUR,
                uint32(2),
                keyDigest,
                key,
                effectiveAt
            )
        );
        checkMemberHead(departments, LABOUR, head);
        VM.assertEq(departments.keyDigest(LABOUR, 2), keyDigest);
        VM.assertEq(departments.keyDigest(LABOUR, 3), 0);
        VM.warp(effectiveAt - 1);
        VM.assertEq(departments.currentKey(LABOUR), 1);
        VM.warp(effectiveAt);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_rotation_has_to_end_before_the_next() public {
        rotate(2);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        VM.warp(effectiveAt - 1);
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.KeyRotationPending.selector,
                LABOUR,
                2,
                effectiveAt
            )
        );
        departments.publishKey(3, publicKey(3));
        VM.warp(effectiveAt);
        rotate(3);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_key_has_the_next_number_and_the_right_length() public {
        VM.startPrank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyNumberUnexpected.selector, 3, 2)
        );
        departments.publishKey(3, publicKey(3));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyNumberUnexpected.selector, 1, 2)
        );
        departments.publishKey(1, publicKey(1));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyLengthInvalid.selector, 1215, 1216)
        );
        departments.publishKey(2, new bytes(1215));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyLengthInvalid.selector, 1217, 1216)
        );
        departments.publishKey(2, new bytes(1217));
    }

    function test_a_retired_key_is_not_replaced_by_an_older_one() public {
        rotate(2);
        VM.warp(block.timestamp + KEY_DELAY);
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.KeyRetired(LABOUR, 2);
        retire(2);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.KeyRetired.selector,
            abi.encode(LABOUR, uint32(2))
        );
        expectKeyMissing(LABOUR);
    }

    function test_a_key_retired_while_its_successor_is_pending_leaves_none_until_then() public {
        rotate(2);
        retire(1);
        expectKeyMissing(LABOUR);
        VM.warp(block.timestamp + KEY_DELAY);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_key_retired_before_it_takes_effect_never_does() public {
        rotate(2);
        retire(2);
        VM.assertEq(departments.currentKey(LABOUR), 1);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.KeyRotationPending.selector,
                LABOUR,
                2,
                effectiveAt
            )
        );
        departments.publishKey(3, publicKey(3));
        VM.warp(effectiveAt);
        expectKeyMissing(LABOUR);
        rotate(3);
        expectKeyMissing(LABOUR);
        VM.warp(block.timestamp + KEY_DELAY);
        VM.assertEq(departments.currentKey(LABOUR), 3);
    }

    function test_an_old_key_can_be_retired_without_effect_on_the_current() public {
        rotate(2);
        VM.warp(block.timestamp + KEY_DELAY);
        rotate(3);
        VM.warp(block.timestamp + KEY_DELAY);
        retire(1);
        VM.assertEq(departments.currentKey(LABOUR), 3);
        retire(2);
        VM.assertEq(departments.currentKey(LABOUR), 3);
    }

    function test_only_known_keys_are_retired_and_once() public {
        VM.startPrank(admin(LABOUR));
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 0));
        departments.retireKey(0);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 2));
        departments.retireKey(2);
        departments.retireKey(1);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 1));
        departments.retireKey(1);
    }

    function test_whoever_has_no_key_has_none() public {
        expectKeyMissing(NEXT);
    }

    function test_a_suspended_department_still_removes_accounts_and_retires_keys() public {
        suspendMember(LABOUR);
        VM.startPrank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        departments.retireKey(1);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.publishKey(2, publicKey(2));
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

    function expectKeyMissing(DepartmentId department) private {
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyMissing.selector, department)
        );
        departments.currentKey(department);
    }

    function setDeadlines(uint32 seconds_) private {
        VM.prank(officer(AGENCY));
        departments.setDeadlines(periodsOf(seconds_));
    }

    /// @dev By the view, and by the deadlines that other contracts are given.
    function checkPeriods(uint32 seconds_) private view {
        VM.assertEq(abi.encode(departments.periods()), abi.encode(periodsOf(seconds_)));
        (, uint40 respondBy) = departments.authorizeRequest(officer(LABOUR), HEALTH);
        (, uint40 releaseBy) = departments.authorizeOpening(agent(LABOUR), HEALTH);
        (, , uint40 acknowledgeBy) = departments.authorizeRelease(agent(LABOUR), HEALTH);
        VM.assertEq(respondBy, block.timestamp + seconds_);
        VM.assertEq(releaseBy, block.timestamp + seconds_ + 1);
        VM.assertEq(acknowledgeBy, block.timestamp + seconds_ + 2);
    }

    function rotate(uint32 keyNumber) private {
        VM.prank(admin(LABOUR));
        departments.publishKey(keyNumber, publicKey(uint8(keyNumber)));
    }

    function retire(uint32 keyNumber) private {
        VM.prank(admin(LABOUR));
        departments.retireKey(keyNumber);
    }
}
