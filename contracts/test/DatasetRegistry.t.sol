// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {Capability, DatasetId, DatasetKind, DepartmentId, Reason, SharingClass} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract DatasetRegistryTest is Registries {
    DatasetId internal constant NEXT = DatasetId.wrap(2);

    // ------------------------------------------------------------------ register
    function testFuzz_a_dataset_is_registered(
        uint8 kind,
        uint8 sharing,
        bool two,
        bool agentMayPublish,
        bool consentNeeded
    ) public {
        IDatasetRegistry.Rules memory given = IDatasetRegistry.Rules({
            sharing: SharingClass(sharing % 3),
            approvals: two ? 2 : 1,
            agentMayPublish: agentMayPublish,
            consentNeeded: consentNeeded && kind % 2 == 1
        });
        DatasetKind kind_ = DatasetKind(kind % 2);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetRegistered(
            NEXT,
            HEALTH,
            "beds",
            kind_,
            given.sharing,
            given.approvals,
            agentMayPublish,
            given.consentNeeded,
            digest("d")
        );
        VM.prank(officer(HEALTH));
        VM.assertTrue(
            DatasetId.unwrap(datasets.register("beds", kind_, given, digest("d"))) ==
                DatasetId.unwrap(NEXT),
            "number"
        );
        checkDatasetHead(
            datasets,
            NEXT,
            0,
            IDatasetRegistry.DatasetRegistered.selector,
            abi.encode(NEXT, HEALTH, bytes32("beds"), kind_, given, digest("d"))
        );
        IDatasetRegistry.Dataset memory expected;
        expected.owner = HEALTH;
        expected.kind = kind_;
        expected.sharing = given.sharing;
        expected.approvals = given.approvals;
        expected.agentMayPublish = agentMayPublish;
        expected.consentNeeded = given.consentNeeded;
        VM.assertEq(abi.encode(datasets.datasetOf(NEXT)), abi.encode(expected));
        VM.assertEq(DatasetId.unwrap(datasets.datasetBySlug(HEALTH, "beds")), 2);
        VM.assertEq(datasets.datasetCount(), 2);
    }

    function test_a_slug_is_free_in_another_department_only() public {
        VM.prank(officer(HEALTH));
        datasets.register("employment", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"));
        expectOwner(
            abi.encodeWithSelector(
                IDatasetRegistry.SlugTaken.selector,
                bytes32("employment"),
                DATASET
            )
        );
        datasets.register("employment", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"));
    }

    function test_malformed_registrations_are_refused() public {
        expectOwner(abi.encodeWithSelector(IDatasetRegistry.SlugInvalid.selector, bytes32("a b")));
        datasets.register("a b", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"));
        expectOwner(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        datasets.register("a", DatasetKind.File, rules(SharingClass.Open, 1), 0);
    }

    function testFuzz_approvals_are_one_or_two(uint8 approvals) public {
        VM.assume(approvals != 1 && approvals != 2);
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.ApprovalsInvalid.selector,
            approvals
        );
        expectOwner(refusal);
        datasets.register("a", DatasetKind.File, rules(SharingClass.Open, approvals), digest("d"));
        expectOwner(refusal);
        datasets.edit(DATASET, rules(SharingClass.Open, approvals), digest("d"));
    }

    function test_only_a_service_asks_for_consents() public {
        IDatasetRegistry.Rules memory asking = rules(SharingClass.Conditional, 1);
        asking.consentNeeded = true;
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.ConsentNeedsService.selector
        );
        expectOwner(refusal);
        datasets.register("jobs", DatasetKind.File, asking, digest("d"));
        expectOwner(refusal);
        datasets.edit(DATASET, asking, digest("d"));

        VM.startPrank(officer(LABOUR));
        datasets.register("jobs", DatasetKind.Service, asking, digest("d"));
        VM.assertTrue(datasets.datasetOf(NEXT).consentNeeded, "needed");
        asking.consentNeeded = false;
        datasets.edit(NEXT, asking, digest("d"));
        VM.assertTrue(!datasets.datasetOf(NEXT).consentNeeded, "no more");
        asking.consentNeeded = true;
        datasets.edit(NEXT, asking, digest("d"));
        VM.assertTrue(datasets.datasetOf(NEXT).consentNeeded, "again");
    }

    function test_a_query_is_of_a_service_that_is_not_withdrawn() public {
        IDatasetRegistry.Rules memory asking = rules(SharingClass.Conditional, 1);
        asking.consentNeeded = true;
        VM.startPrank(officer(LABOUR));
        datasets.register("jobs", DatasetKind.Service, asking, digest("d"));
        datasets.register(
            "beds",
            DatasetKind.Service,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        (DepartmentId owner, bool consentNeeded) = datasets.queryRules(NEXT);
        VM.assertTrue(owner == LABOUR && consentNeeded, "with consent");
        (owner, consentNeeded) = datasets.queryRules(DatasetId.wrap(3));
        VM.assertTrue(owner == LABOUR && !consentNeeded, "without");

        VM.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.NotAServiceDataset.selector, DATASET)
        );
        datasets.queryRules(DATASET);
        VM.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, 4));
        datasets.queryRules(DatasetId.wrap(4));
        datasets.withdraw(NEXT, why());
        VM.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, NEXT));
        datasets.queryRules(NEXT);
    }

    function test_values_outside_the_enumerations_are_refused() public {
        bytes memory call_ = abi.encodeCall(
            datasets.register,
            ("a", DatasetKind.Service, rules(SharingClass.Closed, 1), digest("d"))
        );
        call_[67] = bytes1(uint8(2));
        VM.prank(officer(LABOUR));
        (bool done, ) = address(datasets).call(call_);
        VM.assertTrue(!done, "third kind");
        call_[67] = bytes1(uint8(1));
        call_[99] = bytes1(uint8(3));
        VM.prank(officer(LABOUR));
        (done, ) = address(datasets).call(call_);
        VM.assertTrue(!done, "fourth class");
        call_[99] = bytes1(uint8(2));
        VM.prank(officer(LABOUR));
        (done, ) = address(datasets).call(call_);
        VM.assertTrue(done, "the positions are right");
    }

    // ------------------------------------------------------------------ edit, withdraw
    function test_an_edit_changes_the_rules_and_nothing_else() public {
        IDatasetRegistry.Dataset memory expected = datasets.datasetOf(DATASET);
        (expected.sharing, expected.approvals, expected.agentMayPublish) = (
            SharingClass.Closed,
            2,
            true
        );
        IDatasetRegistry.Rules memory given = IDatasetRegistry.Rules(
            SharingClass.Closed,
            2,
            true,
            false
        );
        bytes32 head = datasets.datasetHead(DATASET);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetEdited(
            DATASET,
            LABOUR,
            SharingClass.Closed,
            2,
            true,
            false,
            digest("d")
        );
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, given, digest("d"));
        checkDatasetHead(
            datasets,
            DATASET,
            head,
            IDatasetRegistry.DatasetEdited.selector,
            abi.encode(DATASET, LABOUR, given, digest("d"))
        );
        VM.assertEq(abi.encode(datasets.datasetOf(DATASET)), abi.encode(expected));
        expectOwner(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        datasets.edit(DATASET, given, 0);
    }

    function test_a_withdrawn_dataset_stays_withdrawn() public {
        bytes32 head = datasets.datasetHead(DATASET);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWithdrawn(DATASET, LABOUR, 7, digest("reason"));
        withdraw();
        checkDatasetHead(
            datasets,
            DATASET,
            head,
            IDatasetRegistry.DatasetWithdrawn.selector,
            abi.encode(DATASET, LABOUR, why())
        );
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.DatasetIsWithdrawn.selector,
            DATASET
        );
        expectOwner(refusal);
        datasets.withdraw(DATASET, why());
        expectOwner(refusal);
        datasets.edit(DATASET, rules(SharingClass.Open, 1), digest("d"));
        expectOwner(refusal);
        datasets.publishVersion(DATASET, 3, manifestOf(3));
        VM.expectRevert(refusal);
        datasets.ownerOfServable(DATASET, 1);
        VM.expectRevert(refusal);
        datasets.manifestOfServable(DATASET, 1);
        VM.expectRevert(refusal);
        datasets.requestRules(DATASET);
        VM.assertTrue(datasets.datasetOf(DATASET).owner == LABOUR, "it is still known");
        VM.assertEq(datasets.manifestOf(DATASET, 1), manifestOf(1));
        // Its versions may still be withdrawn, each with its own reason.
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
    }

    function test_whoever_withdraws_gives_a_reason() public {
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expectOwner(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            datasets.withdraw(DATASET, missing[i]);
            expectOwner(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            datasets.withdrawVersion(DATASET, 1, missing[i]);
        }
    }

    // ------------------------------------------------------------------ versions
    function test_a_version_has_the_number_that_the_publisher_expects() public {
        bytes32 head = datasets.datasetHead(DATASET);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.VersionPublished(DATASET, LABOUR, 3, manifestOf(3));
        publish(3);
        checkDatasetHead(
            datasets,
            DATASET,
            head,
            IDatasetRegistry.VersionPublished.selector,
            abi.encode(DATASET, LABOUR, uint32(3), manifestOf(3))
        );
        VM.assertEq(datasets.datasetOf(DATASET).versions, 3);
        VM.assertEq(datasets.manifestOf(DATASET, 3), manifestOf(3));
    }

    function testFuzz_any_other_number_is_refused(uint32 version) public {
        VM.assume(version != 3);
        expectOwner(
            abi.encodeWithSelector(IDatasetRegistry.VersionUnexpected.selector, DATASET, version, 3)
        );
        datasets.publishVersion(DATASET, version, manifestOf(3));
    }

    function test_a_version_needs_a_manifest() public {
        expectOwner(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        datasets.publishVersion(DATASET, 3, 0);
    }

    function test_a_service_has_no_versions() public {
        VM.prank(officer(LABOUR));
        datasets.register(
            "jobs",
            DatasetKind.Service,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        expectOwner(abi.encodeWithSelector(IDatasetRegistry.NotAFileDataset.selector, NEXT));
        datasets.publishVersion(NEXT, 1, manifestOf(1));
    }

    function test_an_agent_publishes_only_where_the_dataset_allows_it() public {
        VM.prank(agent(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                agent(LABOUR),
                Capability.OFFICER
            )
        );
        datasets.publishVersion(DATASET, 3, manifestOf(3));
        VM.prank(officer(LABOUR));
        datasets.edit(
            DATASET,
            IDatasetRegistry.Rules(SharingClass.Conditional, 1, true, false),
            digest("d")
        );
        VM.prank(agent(LABOUR));
        datasets.publishVersion(DATASET, 3, manifestOf(3));
        VM.prank(agent(HEALTH));
        VM.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.NotTheOwner.selector, DATASET, HEALTH)
        );
        datasets.publishVersion(DATASET, 4, manifestOf(4));
    }

    function test_a_withdrawn_version_is_not_served_and_the_others_are() public {
        bytes32 head = datasets.datasetHead(DATASET);
        VM.expectEmit(address(datasets));
        emit IDatasetRegistry.VersionWithdrawn(DATASET, LABOUR, 1, 7, digest("reason"));
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        checkDatasetHead(
            datasets,
            DATASET,
            head,
            IDatasetRegistry.VersionWithdrawn.selector,
            abi.encode(DATASET, LABOUR, uint32(1), why())
        );
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.VersionIsWithdrawn.selector,
            DATASET,
            1
        );
        VM.expectRevert(refusal);
        datasets.ownerOfServable(DATASET, 1);
        VM.expectRevert(refusal);
        datasets.manifestOfServable(DATASET, 1);
        expectOwner(refusal);
        datasets.withdrawVersion(DATASET, 1, why());
        VM.assertTrue(datasets.isVersionWithdrawn(DATASET, 1), "withdrawn");
        VM.assertTrue(!datasets.isVersionWithdrawn(DATASET, 2), "not withdrawn");
        VM.assertTrue(datasets.ownerOfServable(DATASET, 2) == LABOUR, "served");
        VM.assertEq(datasets.manifestOfServable(DATASET, 2), manifestOf(2));
        VM.assertEq(datasets.manifestOf(DATASET, 1), manifestOf(1));
    }

    function test_the_latest_version_can_be_withdrawn_and_the_next_follows_it() public {
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 2, why());
        VM.assertTrue(datasets.isVersionWithdrawn(DATASET, 2), "withdrawn");
        publish(3);
        VM.assertEq(datasets.manifestOfServable(DATASET, 3), manifestOf(3));
    }

    function test_unknown_versions_are_refused() public {
        uint32[2] memory unknown = [uint32(0), 3];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                IDatasetRegistry.VersionUnknown.selector,
                DATASET,
                unknown[i]
            );
            expectOwner(refusal);
            datasets.withdrawVersion(DATASET, unknown[i], why());
            VM.expectRevert(refusal);
            datasets.ownerOfServable(DATASET, unknown[i]);
            VM.expectRevert(refusal);
            datasets.manifestOfServable(DATASET, unknown[i]);
        }
    }

    function test_unknown_datasets_are_refused() public {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.DatasetUnknown.selector,
            NEXT
        );
        expectOwner(refusal);
        datasets.edit(NEXT, rules(SharingClass.Open, 1), digest("d"));
        expectOwner(refusal);
        datasets.withdraw(NEXT, why());
        expectOwner(refusal);
        datasets.publishVersion(NEXT, 1, manifestOf(1));
        expectOwner(refusal);
        datasets.withdrawVersion(NEXT, 1, why());
        VM.expectRevert(refusal);
        datasets.datasetOf(NEXT);
        VM.expectRevert(refusal);
        datasets.requestRules(NEXT);
        VM.expectRevert(refusal);
        datasets.ownerOfServable(NEXT, 1);
    }

    function test_nothing_is_known_by_what_was_never_given() public view {
        VM.assertEq(DatasetId.unwrap(datasets.datasetBySlug(HEALTH, "employment")), 0);
        VM.assertEq(datasets.manifestOf(DATASET, 0), 0);
        VM.assertEq(datasets.manifestOf(DATASET, 3), 0);
        VM.assertEq(datasets.manifestOf(NEXT, 1), 0);
        VM.assertTrue(!datasets.isVersionWithdrawn(NEXT, 1), "not withdrawn");
    }

    function test_the_registry_knows_its_members() public view {
        VM.assertEq(address(datasets.departments()), address(departments));
    }

    // ------------------------------------------------------------------ helpers
    function expectOwner(bytes memory refusal) private {
        VM.prank(officer(LABOUR));
        VM.expectRevert(refusal);
    }

    function withdraw() private {
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
    }
}
