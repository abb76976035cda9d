// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable avoid-low-level-calls

import {Capability, GrantState, TransferState} from "../../Types.sol";
import {CHEATS, ICheats} from "./Cheats.sol";
import {History} from "./History.sol";
import {Rule} from "./Stage.sol";

/// @dev What a suspended department may do is marked by its place: up to `Attest`.
enum Call {
    RemoveAccount,
    RetireKey,
    VetoReset,
    Acknowledge,
    Dispute,
    Attest,
    Admit,
    SuspendMember,
    Reinstate,
    AppointAuditor,
    RemoveAuditor,
    SetDeadlines,
    SetGroupMember,
    PublishScorecard,
    PublishFinding,
    ResetAdmin,
    ProposeHandover,
    AcceptHandover,
    Retire,
    AddAccount,
    PublishKey,
    PublishSpecification,
    DeprecateSpecification,
    PublishNeed,
    WithdrawNeed,
    Register,
    Edit,
    WithdrawDataset,
    PublishVersion,
    WithdrawVersion,
    RecordConsent,
    WithdrawConsent,
    Request,
    RequestUnderOffer,
    Accept,
    Resubmit,
    WithdrawRequest,
    Escalate,
    PublishOffer,
    RetireOffer,
    Approve,
    Counter,
    ReturnForCompletion,
    Refuse,
    Comply,
    Extend,
    SuspendGrant,
    Resume,
    Revoke,
    Rule,
    Open,
    Query,
    Release,
    ReleaseTagged,
    Reveal,
    Send,
    Resend,
    Decline,
    Disclose,
    DeclareSources,
    Recall,
    Settle
}

/// @dev How handlers draw what they do, and do it. A handler never reverts, also where its call does: else a mistake
/// in the model would pass for a refusal.
abstract contract Handler is History {
    uint256 internal constant ROLES = 6;

    uint256 private _random;
    uint256 private _draws;

    /// @notice How often a call succeeded.
    mapping(Call call_ => uint256) public done;

    /// @notice How often one didn't.
    uint256 public refusals;

    /// @dev Draws from `seed` on; time passes as well: mostly none, at times more than a deadline or the notice.
    modifier drawing(uint256 seed) {
        _random = seed;
        uint256 leap = draw(32);
        if (leap < 8) pass(draw(2 minutes));
        else if (leap == 8) pass(NOTICE);
        else if (leap == 9) pass(draw(4 hours));
        _;
    }

    /// @dev A number below `limit`.
    function draw(uint256 limit) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random, ++_draws)));
        return _random % limit;
    }

    function usually() internal returns (bool) {
        return draw(8) != 0;
    }

    // ------------------------------------------------------------------ who
    function anybody() internal returns (address) {
        return known[draw(known.length)];
    }

    function anyDepartment() internal returns (uint32) {
        return uint32(1 + draw(memberCount));
    }

    /// @dev Usually an account that may; else anybody, among them those who hold every capability but this one.
    function oneOf(uint32 department, uint8 capabilities) internal returns (address) {
        if (!usually()) return anybody();
        uint256 first = draw(ROLES);
        for (uint256 i = 0; i < ROLES; ++i) {
            address found = account(department, 1 + ((first + i) % ROLES));
            if (holdsEvenSuspended(found, department, capabilities)) return found;
        }
        for (uint256 i = 0; i < known.length; ++i) {
            if (holdsEvenSuspended(known[i], department, capabilities)) return known[i];
        }
        return anybody();
    }

    // ------------------------------------------------------------------ what
    /// @dev Usually a grant in `state`, where there is one.
    function grantIn(GrantState state) internal returns (uint32 grant) {
        grant = uint32(1 + draw(grantCount));
        if (!usually()) return grant;
        for (uint256 i = 0; i < grantCount && asked[grant].state != state; ++i)
            grant = (grant % grantCount) + 1;
    }

    /// @dev Usually a transfer in `state`, where there is one.
    function transferIn(TransferState state) internal returns (uint64 transfer) {
        transfer = uint64(1 + draw(transferCount));
        if (!usually()) return transfer;
        for (uint256 i = 0; i < transferCount && deliveries[transfer].state != state; ++i)
            transfer = (transfer % transferCount) + 1;
    }

    function anyDataset() internal returns (uint32) {
        return uint32(1 + draw(datasetCount));
    }

    // ------------------------------------------------------------------ done
    /// @dev `entitled`: whether the events so far say that `by` may make this call.
    function perform(
        Call call_,
        address by,
        address target,
        bytes memory data,
        bool entitled
    ) internal {
        bool idle = members[accounts[by].department].suspended;
        CHEATS.recordLogs();
        CHEATS.prank(by);
        (bool success, ) = target.call(data);
        if (!success) {
            ++refusals;
            return;
        }
        ++done[call_];
        caller = by;
        must(entitled, Rule.Authority);
        must(!idle || call_ <= Call.Attest, Rule.SuspendedIsIdle);
        ICheats.Log[] memory logs = CHEATS.getRecordedLogs();
        must(logs.length > 0, Rule.EveryChangeIsTold);
        read(logs);
    }

    // ------------------------------------------------------------------ done by whom
    function agencyDoes(Call call_, address target, bytes memory data) internal {
        address by = oneOf(agencyNow(), Capability.OFFICER);
        perform(call_, by, target, data, isOfAgency(by));
    }

    function officerDoes(
        Call call_,
        uint32 department,
        address target,
        bytes memory data
    ) internal {
        oneDoes(call_, department, Capability.OFFICER, target, data);
    }

    /// @dev A call that only `department` may make.
    function oneDoes(
        Call call_,
        uint32 department,
        uint8 capabilities,
        address target,
        bytes memory data
    ) internal {
        address by = oneOf(department, capabilities);
        perform(call_, by, target, data, holds(by, department, capabilities));
    }

    /// @dev A call that any member may make.
    function anyoneDoes(
        Call call_,
        uint32 department,
        uint8 capabilities,
        address target,
        bytes memory data
    ) internal {
        address by = oneOf(department, capabilities);
        perform(call_, by, target, data, holds(by, accounts[by].department, capabilities));
    }
}
