// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DepartmentId, NeedId, Reason} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract SpecificationsTest is Registries {
    NeedId internal constant NEED = NeedId.wrap(1);

    // ------------------------------------------------------------------ specifications
    function test_specifications_are_numbered_by_name() public {
        bytes32 head = datasets.memberHead(AGENCY);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.SpecificationPublished(AGENCY, "jobs", 1, digest("schema"));
        specify("jobs", 1);
        bytes memory encoded = abi.encode(AGENCY, bytes32("jobs"), uint32(1), digest("schema"));
        head = extended(head, IDatasetRegistry.SpecificationPublished.selector, encoded);
        checkMemberHead(datasets, AGENCY, head);
        specify("jobs", 2);
        specify("energy", 1);
        VM.assertEq(datasets.specificationVersions("jobs"), 2);
        VM.assertEq(datasets.specificationVersions("energy"), 1);
    }

    function test_a_specification_that_is_not_the_next_is_refused() public {
        VM.startPrank(officer(AGENCY));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.SpecificationVersionUnexpected.selector,
                bytes32("jobs"),
                2,
                1
            )
        );
        datasets.publishSpecification("jobs", 2, digest("schema"));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.SpecificationNameInvalid.selector,
                bytes32("Jobs")
            )
        );
        datasets.publishSpecification("Jobs", 1, digest("schema"));
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        datasets.publishSpecification("jobs", 1, 0);
    }

    function test_a_deprecated_specification_stays_deprecated_and_the_others_are_not() public {
        specify("jobs", 1);
        specify("jobs", 2);
        bytes32 head = datasets.memberHead(AGENCY);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.SpecificationDeprecated(AGENCY, "jobs", 1, 7, digest("reason"));
        deprecate("jobs", 1);
        head = extended(
            head,
            IDatasetRegistry.SpecificationDeprecated.selector,
            abi.encode(AGENCY, bytes32("jobs"), uint32(1), why())
        );
        checkMemberHead(datasets, AGENCY, head);
        expect(
            AGENCY,
            abi.encodeWithSelector(
                IDatasetRegistry.SpecificationIsDeprecated.selector,
                bytes32("jobs"),
                1
            )
        );
        datasets.deprecateSpecification("jobs", 1, why());
        deprecate("jobs", 2);
        // The next version is as free as before.
        specify("jobs", 3);
        VM.assertEq(datasets.specificationVersions("jobs"), 3);
    }

    function test_only_known_specifications_are_deprecated_and_for_a_reason() public {
        specify("jobs", 1);
        uint32[2] memory unknown = [uint32(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            expect(
                AGENCY,
                abi.encodeWithSelector(
                    IDatasetRegistry.SpecificationUnknown.selector,
                    bytes32("jobs"),
                    unknown[i]
                )
            );
            datasets.deprecateSpecification("jobs", unknown[i], why());
        }
        expect(
            AGENCY,
            abi.encodeWithSelector(
                IDatasetRegistry.SpecificationUnknown.selector,
                bytes32("energy"),
                1
            )
        );
        datasets.deprecateSpecification("energy", 1, why());
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expect(AGENCY, abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            datasets.deprecateSpecification("jobs", 1, missing[i]);
        }
    }

    function test_after_a_handover_the_next_agency_goes_on_with_the_specifications() public {
        specify("jobs", 1);
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        expect(
            AGENCY,
            abi.encodeWithSelector(IDepartmentRegistry.AgencyOnly.selector, officer(AGENCY))
        );
        datasets.publishSpecification("jobs", 2, digest("schema"));
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.SpecificationPublished(HEALTH, "jobs", 2, digest("schema"));
        VM.prank(officer(HEALTH));
        datasets.publishSpecification("jobs", 2, digest("schema"));
        VM.prank(officer(HEALTH));
        datasets.deprecateSpecification("jobs", 1, why());
    }

    // ------------------------------------------------------------------ needs
    function test_a_need_is_published_and_withdrawn_by_its_department() public {
        bytes32 head = datasets.memberHead(HEALTH);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.NeedPublished(NEED, HEALTH, digest("need"));
        VM.prank(officer(HEALTH));
        VM.assertEq(NeedId.unwrap(datasets.publishNeed(digest("need"))), 1);
        head = extended(
            head,
            IDatasetRegistry.NeedPublished.selector,
            abi.encode(NEED, HEALTH, digest("need"))
        );
        checkMemberHead(datasets, HEALTH, head);
        VM.prank(officer(LABOUR));
        VM.assertEq(NeedId.unwrap(datasets.publishNeed(digest("another"))), 2);
        VM.assertEq(datasets.needCount(), 2);

        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.NeedWithdrawn(NEED, HEALTH, 7, digest("reason"));
        VM.prank(officer(HEALTH));
        datasets.withdrawNeed(NEED, why());
        head = extended(
            head,
            IDatasetRegistry.NeedWithdrawn.selector,
            abi.encode(NEED, HEALTH, why())
        );
        checkMemberHead(datasets, HEALTH, head);
        expect(HEALTH, abi.encodeWithSelector(IDatasetRegistry.NeedIsWithdrawn.selector, NEED));
        datasets.withdrawNeed(NEED, why());
    }

    function test_a_need_is_nobody_else_s_to_withdraw() public {
        VM.prank(officer(HEALTH));
        datasets.publishNeed(digest("need"));
        expect(
            LABOUR,
            abi.encodeWithSelector(IDatasetRegistry.NotTheNeedsDepartment.selector, NEED, LABOUR)
        );
        datasets.withdrawNeed(NEED, why());
        uint32[2] memory unknown = [uint32(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            expect(
                HEALTH,
                abi.encodeWithSelector(IDatasetRegistry.NeedUnknown.selector, unknown[i])
            );
            datasets.withdrawNeed(NeedId.wrap(unknown[i]), why());
        }
    }

    function test_a_need_asks_for_a_description_and_its_withdrawal_for_a_reason() public {
        expect(HEALTH, abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        datasets.publishNeed(0);
        VM.prank(officer(HEALTH));
        datasets.publishNeed(digest("need"));
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expect(HEALTH, abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            datasets.withdrawNeed(NEED, missing[i]);
        }
    }

    // ------------------------------------------------------------------ helpers
    function expect(DepartmentId by, bytes memory refusal) private {
        VM.prank(officer(by));
        VM.expectRevert(refusal);
    }

    function deprecate(bytes32 name, uint32 number) private {
        VM.prank(officer(AGENCY));
        datasets.deprecateSpecification(name, number, why());
    }

    function specify(bytes32 name, uint32 number) private {
        VM.prank(officer(AGENCY));
        datasets.publishSpecification(name, number, digest("schema"));
    }
}
