// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "./Checks.sol";
import {
    Capability,
    DatasetId,
    DepartmentId,
    GrantId,
    GrantState,
    Reason,
    RefusalCause
} from "./Types.sol";
import {Escalations} from "./grants/Escalations.sol";
import {GrantSlot} from "./grants/GrantSlot.sol";
import {GrantStore} from "./grants/GrantStore.sol";
import {Offers} from "./grants/Offers.sol";
import {Requests} from "./grants/Requests.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";

/// @title Requests, offers and the grants that they become
/// @dev How a request comes to its end is in the bases; here is what happens to grants.
contract AccessGrants is Requests, Offers, Escalations {
    constructor(IConsentRegistry consentRegistry) GrantStore(consentRegistry) {}

    // ------------------------------------------------------------------ calls
    /// @inheritdoc IAccessGrants
    function extend(GrantId grant, uint40 validUntil) external {
        GrantSlot given = _ofOwner(grant);
        _requireState(grant, given, GrantState.Active);
        uint40 current = given.validUntil();
        _requireUnexpired(grant, current);
        if (validUntil <= current) revert ExtensionTooShort(grant, validUntil, current);
        if (given.approvals() > 1) {
            if (_isFirstApproval(grant, validUntil)) {
                _recordApproval(grant, given, bytes32(uint256(validUntil)), validUntil);
                return;
            }
            delete _firstApprovals[grant];
        }
        _grants[grant] = given.until(validUntil);
        (DatasetId dataset, DepartmentId requester) = (given.dataset(), given.requester());
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                GrantExtended.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                validUntil
            )
        );
        emit GrantExtended(grant, dataset, requester, validUntil);
    }

    /// @inheritdoc IAccessGrants
    function suspend(GrantId grant, Reason calldata reason) external {
        GrantSlot given = _ofItsJudge(grant);
        _requireState(grant, given, GrantState.Active);
        requireReason(reason);
        _grants[grant] = given.inState(GrantState.Suspended);
        _extend(GrantSuspended.selector, grant, given, reason);
        emit GrantSuspended(grant, given.dataset(), given.requester(), reason.code, reason.digest);
    }

    /// @inheritdoc IAccessGrants
    function resume(GrantId grant) external {
        GrantSlot given = _ofOwner(grant);
        bool reset =
            given.isIn(GrantState.Active) &&
                given.clock() < departments.lastReset(given.requester());
        if (!reset) _requireState(grant, given, GrantState.Suspended);
        _grants[grant] = given.inState(GrantState.Active).since(uint40(block.timestamp));
        _extend(GrantResumed.selector, grant, given);
        emit GrantResumed(grant, given.dataset(), given.requester());
    }

    /// @inheritdoc IAccessGrants
    function revoke(GrantId grant, Reason calldata reason) external {
        GrantSlot given = _ofItsJudge(grant);
        if (!given.isIn(GrantState.Suspended)) _requireState(grant, given, GrantState.Active);
        requireReason(reason);
        _grants[grant] = given.inState(GrantState.Revoked);
        _extend(GrantRevoked.selector, grant, given, reason);
        emit GrantRevoked(grant, given.dataset(), given.requester(), reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IAccessGrants
    function grantOf(GrantId grant) external view returns (Grant memory) {
        GrantSlot found = _existing(grant);
        return
            Grant({
                dataset: found.dataset(),
                requester: found.requester(),
                owner: found.owner(),
                state: found.state(),
                approvals: found.approvals(),
                purpose: found.purpose(),
                allFields: found.allFields(),
                onwardUse: found.onwardUse(),
                ordered: found.ordered(),
                clock: found.clock(),
                validUntil: found.validUntil(),
                terms: _termsOf(grant, found)
            });
    }

    /// @inheritdoc IAccessGrants
    function counterOf(GrantId grant) external view returns (Terms memory) {
        Counter memory made = _counters[grant];
        return
            Terms({
                digest: made.digest,
                purpose: made.purpose,
                allFields: made.allFields,
                onwardUse: made.onwardUse,
                validUntil: made.validUntil
            });
    }

    /// @inheritdoc IAccessGrants
    function permission(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) external view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose) {
        return permissionSince(grant, dataset, receiver, departments.lastReset(receiver));
    }

    /// @inheritdoc IAccessGrants
    function permissionSince(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver,
        uint40 resetAt
    ) public view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose) {
        GrantSlot given = _grants[grant];
        bool fits =
            given.requester() == receiver &&
                DatasetId.unwrap(given.dataset()) == DatasetId.unwrap(dataset);
        cause = fits ? _cause(given, resetAt) : RefusalCause.NoGrant;
        return (cause, given.allFields(), given.onwardUse(), given.purpose());
    }

    /// @inheritdoc IAccessGrants
    function firstApprover(GrantId grant) external view returns (address) {
        return _firstApprovals[grant].officer;
    }

    // ------------------------------------------------------------------ internal
    function _cause(GrantSlot given, uint40 resetAt) private view returns (RefusalCause) {
        if (given.isIn(GrantState.Active)) {
            if (block.timestamp >= given.validUntil()) return RefusalCause.Expired;
            return given.clock() < resetAt ? RefusalCause.RequesterReset : RefusalCause.None;
        }
        if (given.isIn(GrantState.Suspended)) return RefusalCause.Suspended;
        if (given.isIn(GrantState.Revoked)) return RefusalCause.Revoked;
        return given.isIn(GrantState.None) ? RefusalCause.NoGrant : RefusalCause.NotActive;
    }

    /// @dev The grant, which an OFFICER of its owner may end or, where it was ordered, one of the agency.
    function _ofItsJudge(GrantId grant) private view returns (GrantSlot found) {
        found = _existing(grant);
        if (found.ordered()) {
            DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
            if (department != departments.agency()) revert GrantIsOrdered(grant);
        } else {
            _authorizeOwner(found.dataset(), found.owner());
        }
    }
}
