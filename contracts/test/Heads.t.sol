// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {Capability, DepartmentId, GrantId, SharingClass, TransferId} from "../Types.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";
import {HeadFolding} from "./HeadFolding.sol";
import {IVm, Registries} from "./Registries.sol";

contract HeadsTest is Base, HeadFolding {
    /// @dev One for each state-changing call; `ApproveSecond` is `approve` by another officer.
    enum Act {
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

    uint256 private constant EVENTS = 15;
    address private constant SECOND_OFFICER = address(0xabc);

    function setUp() public override(Base, Registries) {
        super.setUp();
        VM.prank(admin(LABOUR));
        departments.addAccount(SECOND_OFFICER, Capability.OFFICER);
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        follow(grants);
        follow(transfers);
    }

    function test_every_event_extends_its_own_head_and_no_other() public {
        done(Act.Request, 3);
        done(Act.Refuse, 2);
        done(Act.Request, 3);
        done(Act.WithdrawRequest, 3);
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
        VM.assertEq(kinds, EVENTS);
    }

    /// @dev Most calls of such a walk revert: those leave every head as it was.
    function testFuzz_any_walk_leaves_the_heads_that_its_logs_tell(
        uint8[24] memory acts,
        uint8[24] memory numbers
    ) public {
        for (uint256 i = 0; i < acts.length; ++i) {
            act(Act(acts[i] % (uint8(type(Act).max) + 1)), (numbers[i] % 4) + 1);
            VM.warp(block.timestamp + numbers[i]);
        }
        checkHeads();
    }

    // ------------------------------------------------------------------ calls
    function done(Act act_, uint32 n) private {
        VM.warp(block.timestamp + 1);
        VM.assertTrue(act(act_, n), VM.toString(uint256(act_)));
        checkHeads();
    }

    function act(Act act_, uint32 n) private returns (bool) {
        if (act_ == Act.Request)
            return
                perform(
                    officer(DepartmentId.wrap(n)),
                    address(grants),
                    abi.encodeCall(grants.request, (DATASET, terms()))
                );
        if (act_ == Act.WithdrawRequest)
            return
                perform(
                    officer(HEALTH),
                    address(grants),
                    abi.encodeCall(grants.withdraw, (GrantId.wrap(n)))
                );
        if (act_ <= Act.Revoke)
            return
                perform(
                    act_ == Act.ApproveSecond ? SECOND_OFFICER : officer(LABOUR),
                    address(grants),
                    grantCall(act_, GrantId.wrap(n))
                );
        bool owner = act_ == Act.Release || act_ == Act.Decline;
        return perform(agent(owner ? LABOUR : HEALTH), address(transfers), transferCall(act_, n));
    }

    function grantCall(Act act_, GrantId grant) private view returns (bytes memory) {
        if (act_ == Act.Refuse) return abi.encodeCall(grants.refuse, (grant, why()));
        if (act_ == Act.SuspendGrant) return abi.encodeCall(grants.suspend, (grant, why()));
        if (act_ == Act.Resume) return abi.encodeCall(grants.resume, (grant));
        if (act_ == Act.Revoke) return abi.encodeCall(grants.revoke, (grant, why()));
        return abi.encodeCall(grants.approve, (grant, digest("terms")));
    }

    function transferCall(Act act_, uint32 n) private view returns (bytes memory) {
        TransferId transfer = TransferId.wrap(n);
        if (act_ == Act.Open) return abi.encodeCall(transfers.open, (DATASET, 1, GrantId.wrap(n)));
        if (act_ == Act.Release)
            return abi.encodeCall(transfers.release, (transfer, manifestOf(1), 1, digest("wrap")));
        if (act_ == Act.Decline) return abi.encodeCall(transfers.decline, (transfer, why()));
        if (act_ == Act.Acknowledge)
            return abi.encodeCall(transfers.acknowledge, (transfer, manifestOf(1), digest("tag")));
        if (act_ == Act.Dispute) return abi.encodeCall(transfers.dispute, (transfer, why()));
        return abi.encodeCall(transfers.settle, (transfer, why()));
    }

    // ------------------------------------------------------------------ heads
    function headOf(
        IVm.Log memory log
    ) internal view override returns (bool ofMember, uint256 topic) {
        if (log.emitter != address(grants) && log.emitter != address(transfers))
            return super.headOf(log);
        bool refused = log.topics[0] == ITransferLog.TransferRefused.selector;
        return (false, refused ? 1 : 2);
    }
}
