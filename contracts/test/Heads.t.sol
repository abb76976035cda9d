// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {
    Capability,
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantId,
    SharingClass,
    TransferId
} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {IEventHeads} from "../interfaces/IEventHeads.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";
import {IVm} from "./Registries.sol";

/// @dev The heads as an auditor has them: folded from the logs alone, then compared with the storage of every contract.
/// So an event without its head, a head without its event, and an event on another's head are all found.
contract HeadsTest is Base {
    /// @dev One for each state-changing call; `ApproveSecond` is `approve` by another officer.
    enum Act {
        Admit,
        SuspendMember,
        Reinstate,
        AppointAuditor,
        SetDeadlines,
        AddAccount,
        RemoveAccount,
        PublishKey,
        RetireKey,
        PublishSpecification,
        Register,
        Edit,
        WithdrawDataset,
        PublishVersion,
        WithdrawVersion,
        Request,
        Approve,
        ApproveSecond,
        Refuse,
        WithdrawRequest,
        SuspendGrant,
        Resume,
        Revoke,
        Open,
        Release,
        Decline,
        Acknowledge,
        Dispute,
        Settle
    }

    uint256 private constant EVENTS = 30;
    uint32 private constant NUMBERS = 6;
    address private constant SECOND_OFFICER = address(0xabc);

    mapping(address log => mapping(uint32 dataset => bytes32)) private datasetHeads;
    mapping(address log => mapping(uint32 member => bytes32)) private memberHeads;
    mapping(bytes32 topic0 => bool) private seen;
    uint256 private kinds;

    function setUp() public override {
        super.setUp();
        VM.prank(admin(LABOUR));
        departments.addAccount(SECOND_OFFICER, Capability.OFFICER);
        IEventHeads[4] memory logs = contracts();
        for (uint256 i = 0; i < logs.length; ++i) {
            for (uint32 n = 0; n < NUMBERS; ++n) {
                datasetHeads[address(logs[i])][n] = logs[i].datasetHead(DatasetId.wrap(n));
                memberHeads[address(logs[i])][n] = logs[i].memberHead(DepartmentId.wrap(n));
            }
        }
        VM.recordLogs();
    }

    function test_every_event_extends_its_own_head_and_no_other() public {
        done(Act.SetDeadlines, 2);
        done(Act.AppointAuditor, 2);
        done(Act.AddAccount, 2);
        done(Act.RemoveAccount, 2);
        done(Act.PublishKey, 2);
        done(Act.RetireKey, 2);
        done(Act.PublishSpecification, 1);
        done(Act.Admit, 1);
        done(Act.SuspendMember, 4);
        done(Act.Reinstate, 4);
        done(Act.Register, 3);
        done(Act.PublishVersion, 1);
        done(Act.WithdrawVersion, 2);

        done(Act.Request, 3);
        done(Act.Refuse, 2);
        done(Act.Request, 3);
        done(Act.WithdrawRequest, 3);
        done(Act.Edit, 1);
        done(Act.Request, 3);
        done(Act.Approve, 4);
        done(Act.ApproveSecond, 4);
        done(Act.SuspendGrant, 4);
        done(Act.Resume, 4);
        done(Act.Revoke, 4);

        done(Act.Open, 4);
        done(Act.Open, 1);
        done(Act.Decline, 1);
        done(Act.Open, 1);
        done(Act.Release, 2);
        done(Act.Acknowledge, 2);
        done(Act.Dispute, 2);
        done(Act.Release, 2);
        done(Act.Dispute, 2);
        done(Act.Settle, 2);
        done(Act.WithdrawDataset, 1);
        VM.assertEq(kinds, EVENTS);
    }

    /// @dev Most calls of such a walk revert: those leave every head as it was.
    function testFuzz_any_walk_leaves_the_heads_that_its_logs_tell(
        uint8[24] memory acts,
        uint8[24] memory numbers
    ) public {
        for (uint256 i = 0; i < acts.length; ++i) {
            perform(Act(acts[i] % (uint8(type(Act).max) + 1)), (numbers[i] % 4) + 1);
            VM.warp(block.timestamp + numbers[i]);
        }
        checkHeads();
    }

    // ------------------------------------------------------------------ calls
    function done(Act act, uint32 n) private {
        VM.warp(block.timestamp + 1);
        VM.assertTrue(perform(act, n), VM.toString(uint256(act)));
        checkHeads();
    }

    function perform(Act act, uint32 n) private returns (bool success) {
        (address by, address target, bytes memory call_) = callOf(act, n);
        VM.prank(by);
        (success, ) = target.call(call_);
        IVm.Log[] memory logs = VM.getRecordedLogs();
        if (!success) return false;
        VM.assertTrue(logs.length > 0, "a call without an event");
        for (uint256 i = 0; i < logs.length; ++i) fold(logs[i]);
    }

    function callOf(Act act, uint32 n) private view returns (address, address, bytes memory) {
        if (act <= Act.SetDeadlines)
            return (officer(AGENCY), address(departments), agencyCall(act, n));
        if (act <= Act.RetireKey)
            return (admin(DepartmentId.wrap(n)), address(departments), adminCall(act, n));
        if (act == Act.PublishSpecification)
            return (
                officer(AGENCY),
                address(datasets),
                abi.encodeCall(datasets.publishSpecification, ("jobs", n, digest("schema")))
            );
        if (act == Act.Register)
            return (
                officer(DepartmentId.wrap(n)),
                address(datasets),
                abi.encodeCall(
                    datasets.register,
                    ("beds", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"))
                )
            );
        if (act <= Act.WithdrawVersion)
            return (officer(LABOUR), address(datasets), datasetCall(act, n));
        if (act == Act.Request)
            return (
                officer(DepartmentId.wrap(n)),
                address(grants),
                abi.encodeCall(grants.request, (DATASET, terms()))
            );
        if (act == Act.WithdrawRequest)
            return (
                officer(HEALTH),
                address(grants),
                abi.encodeCall(grants.withdraw, (GrantId.wrap(n)))
            );
        if (act <= Act.Revoke)
            return (
                act == Act.ApproveSecond ? SECOND_OFFICER : officer(LABOUR),
                address(grants),
                grantCall(act, GrantId.wrap(n))
            );
        bool owner = act == Act.Release || act == Act.Decline;
        return (agent(owner ? LABOUR : HEALTH), address(transfers), transferCall(act, n));
    }

    function agencyCall(Act act, uint32 n) private view returns (bytes memory) {
        DepartmentId member = DepartmentId.wrap(n);
        if (act == Act.Admit)
            return
                abi.encodeCall(
                    departments.admit,
                    (bytes32(bytes1(uint8(0x60 + n))), address(uint160(0xaaa + n)), digest("card"))
                );
        if (act == Act.SuspendMember) return abi.encodeCall(departments.suspend, (member, why()));
        if (act == Act.Reinstate) return abi.encodeCall(departments.reinstate, (member, why()));
        if (act == Act.AppointAuditor) return abi.encodeCall(departments.appointAuditor, (member));
        return abi.encodeCall(departments.setDeadlines, (periodsOf(100 * n)));
    }

    function adminCall(Act act, uint32 n) private view returns (bytes memory) {
        address newcomer = account(DepartmentId.wrap(n), 9);
        if (act == Act.AddAccount)
            return abi.encodeCall(departments.addAccount, (newcomer, Capability.AGENT));
        if (act == Act.RemoveAccount) return abi.encodeCall(departments.removeAccount, (newcomer));
        if (act == Act.PublishKey) return abi.encodeCall(departments.publishKey, (2, publicKey(2)));
        return abi.encodeCall(departments.retireKey, (1));
    }

    function datasetCall(Act act, uint32 n) private view returns (bytes memory) {
        DatasetId dataset = DatasetId.wrap(n);
        if (act == Act.Edit)
            return
                abi.encodeCall(
                    datasets.edit,
                    (dataset, rules(SharingClass.Conditional, 2), digest("d"))
                );
        if (act == Act.WithdrawDataset) return abi.encodeCall(datasets.withdraw, (dataset, why()));
        if (act == Act.PublishVersion)
            return abi.encodeCall(datasets.publishVersion, (DATASET, n + 2, manifestOf(n + 2)));
        return abi.encodeCall(datasets.withdrawVersion, (DATASET, n, why()));
    }

    function grantCall(Act act, GrantId grant) private view returns (bytes memory) {
        if (act == Act.Refuse) return abi.encodeCall(grants.refuse, (grant, why()));
        if (act == Act.SuspendGrant) return abi.encodeCall(grants.suspend, (grant, why()));
        if (act == Act.Resume) return abi.encodeCall(grants.resume, (grant));
        if (act == Act.Revoke) return abi.encodeCall(grants.revoke, (grant, why()));
        return abi.encodeCall(grants.approve, (grant, digest("terms")));
    }

    function transferCall(Act act, uint32 n) private view returns (bytes memory) {
        TransferId transfer = TransferId.wrap(n);
        if (act == Act.Open) return abi.encodeCall(transfers.open, (DATASET, 1, GrantId.wrap(n)));
        if (act == Act.Release)
            return abi.encodeCall(transfers.release, (transfer, manifestOf(1), 1, digest("wrap")));
        if (act == Act.Decline) return abi.encodeCall(transfers.decline, (transfer, why()));
        if (act == Act.Acknowledge)
            return abi.encodeCall(transfers.acknowledge, (transfer, manifestOf(1), digest("tag")));
        if (act == Act.Dispute) return abi.encodeCall(transfers.dispute, (transfer, why()));
        return abi.encodeCall(transfers.settle, (transfer, why()));
    }

    // ------------------------------------------------------------------ heads
    function fold(IVm.Log memory log) private {
        bytes32 topic0 = log.topics[0];
        if (!seen[topic0]) ++kinds;
        seen[topic0] = true;
        bool ofMember =
            log.emitter == address(departments) ||
                topic0 == IDatasetRegistry.SpecificationPublished.selector;
        bool numbered = log.emitter == address(grants) || log.emitter == address(transfers);
        bool second = numbered && topic0 != ITransferLog.TransferRefused.selector;
        uint32 number = uint32(uint256(log.topics[second ? 2 : 1]));
        if (ofMember) extend(memberHeads[log.emitter], number, log);
        else extend(datasetHeads[log.emitter], number, log);
    }

    function extend(
        mapping(uint32 number => bytes32) storage heads,
        uint32 number,
        IVm.Log memory log
    ) private {
        bytes memory fields = log.data;
        for (uint256 i = log.topics.length - 1; i > 0; --i)
            fields = bytes.concat(log.topics[i], fields);
        if (log.topics[0] == IDepartmentRegistry.KeyPublished.selector) {
            heads[number] = keccak256(keyPublished(heads[number], log));
        } else {
            heads[number] = extended(heads[number], log.topics[0], fields);
        }
    }

    /// @dev The only event with a field of variable length, whose offset counts from the head's first word.
    function keyPublished(bytes32 head, IVm.Log memory log) private view returns (bytes memory) {
        (bytes32 keyDigest, bytes memory key, uint40 effectiveAt) = abi.decode(
            log.data,
            (bytes32, bytes, uint40)
        );
        bytes32[] memory topics = log.topics;
        return
            abi.encode(
                head,
                topics[0],
                block.timestamp,
                topics[1],
                topics[2],
                keyDigest,
                key,
                effectiveAt
            );
    }

    function checkHeads() private view {
        IEventHeads[4] memory logs = contracts();
        for (uint256 i = 0; i < logs.length; ++i) {
            for (uint32 n = 0; n < NUMBERS; ++n) {
                bytes32 head = datasetHeads[address(logs[i])][n];
                VM.assertEq(head, logs[i].datasetHead(DatasetId.wrap(n)));
                VM.assertEq(head, VM.load(address(logs[i]), keccak256(abi.encode(n, 0))));
                head = memberHeads[address(logs[i])][n];
                VM.assertEq(head, logs[i].memberHead(DepartmentId.wrap(n)));
                VM.assertEq(head, VM.load(address(logs[i]), keccak256(abi.encode(n, 1))));
            }
        }
    }

    function contracts() private view returns (IEventHeads[4] memory) {
        return [IEventHeads(departments), datasets, grants, transfers];
    }
}
