// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest} from "../Checks.sol";
import {Capability, DepartmentId, Periods} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Authorizations} from "./Authorizations.sol";

/// @title What concerns the agency itself and the whole deployment
abstract contract Governance is Authorizations {
    /// @inheritdoc IDepartmentRegistry
    function setDeadlines(Periods calldata newPeriods) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        // Periods that aren't in force yet are replaced; those in force stay so until the new ones are.
        _earlierPeriods = periods();
        _setPeriods(agency_, newPeriods, _afterNotice());
    }

    /// @inheritdoc IDepartmentRegistry
    function proposeHandover(DepartmentId successor) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        if (DepartmentId.unwrap(successor) != 0) {
            if (successor == agency_) revert AgencyRequired(successor);
            if (_effective(successor).suspended) revert DepartmentIsSuspended(successor);
        }
        _office = Office(agency_, successor, 0);
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(head.value, HandoverProposed.selector, block.timestamp, agency_, successor)
        );
        emit HandoverProposed(agency_, successor);
    }

    /// @inheritdoc IDepartmentRegistry
    function acceptHandover() external {
        DepartmentId successor = authorize(msg.sender, Capability.OFFICER);
        Office memory office = _office;
        if (office.successor != successor || office.handoverAt != 0)
            revert HandoverNotProposed(successor);
        // No agency is reset: an earlier agency could place its own ADMIN in the next.
        Reset storage reset = _resets[successor];
        if (reset.admin != address(0) && block.timestamp < reset.effectiveAt)
            revert ResetPending(successor, reset.effectiveAt);
        uint40 effectiveAt = _afterNotice();
        _office.handoverAt = effectiveAt;
        Head storage head = _memberHeads[office.agency];
        head.value = keccak256(
            abi.encode(
                head.value,
                HandoverAccepted.selector,
                block.timestamp,
                office.agency,
                successor,
                effectiveAt
            )
        );
        emit HandoverAccepted(office.agency, successor, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function retire(bytes32 successor) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        requireDigest(successor);
        if (block.timestamp >= _rules.retiredAt) revert DeploymentIsRetired(_successorDeployment);
        uint40 effectiveAt = _afterNotice();
        _rules.retiredAt = effectiveAt;
        _successorDeployment = successor;
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(
                head.value,
                DeploymentRetired.selector,
                block.timestamp,
                agency_,
                successor,
                effectiveAt
            )
        );
        emit DeploymentRetired(agency_, successor, effectiveAt);
    }

    // ------------------------------------------------------------------ internal
    function _setPeriods(DepartmentId agency_, Periods memory set, uint40 effectiveAt) internal {
        _requirePeriod(set.respond);
        _requirePeriod(set.release);
        _requirePeriod(set.acknowledge);
        _requirePeriod(set.comply);
        _requirePeriod(set.attest);
        _rules = Rules(
            set.respond,
            set.release,
            set.acknowledge,
            set.comply,
            set.attest,
            effectiveAt,
            _rules.retiredAt,
            _rules.someSuspended,
            _rules.someReset
        );
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(
                head.value,
                DeadlinesSet.selector,
                block.timestamp,
                agency_,
                set,
                effectiveAt
            )
        );
        emit DeadlinesSet(
            agency_,
            set.respond,
            set.release,
            set.acknowledge,
            set.comply,
            set.attest,
            effectiveAt
        );
    }

    function _requirePeriod(uint32 period) private view {
        if (period < minimumPeriod) revert PeriodTooShort(period, minimumPeriod);
    }
}
