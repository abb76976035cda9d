// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    Capability,
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    GrantState,
    Periods,
    RefusalCause,
    TransferId,
    TransferState
} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {CHEATS} from "./Cheats.sol";
import {TransferCalls} from "./TransferCalls.sol";
import {MemberCalls} from "./MemberCalls.sol";

/// @dev What has to be so at any time: of all entities, what the contracts say and what the events said.
abstract contract Laws is MemberCalls, TransferCalls {
    uint256 private constant MAX_UNANSWERED = 8;
    uint256 private constant MAX_WAITING = 6;

    function checkHeads() external view {
        CHEATS.assertTrue(headsAgree(departments), "DepartmentRegistry");
        CHEATS.assertTrue(headsAgree(datasets), "DatasetRegistry");
        CHEATS.assertTrue(headsAgree(consents), "ConsentRegistry");
        CHEATS.assertTrue(headsAgree(grants), "AccessGrants");
        CHEATS.assertTrue(headsAgree(transfers), "TransferLog");
    }

    function checkCounters() external view {
        CHEATS.assertEq(departments.departmentCount(), memberCount, "departments");
        CHEATS.assertEq(datasets.datasetCount(), datasetCount, "datasets");
        CHEATS.assertEq(datasets.needCount(), needCount, "needs");
        CHEATS.assertEq(consents.consentCount(), consentCount, "consents");
        CHEATS.assertEq(grants.grantCount(), grantCount, "grants");
        CHEATS.assertEq(grants.offerCount(), offerCount, "offers");
        CHEATS.assertEq(transfers.transferCount(), transferCount, "transfers");
        CHEATS.assertEq(transfers.recallCount(), recallCount, "recalls");
    }

    function checkAccounts() external view {
        for (uint256 i = 0; i < known.length; ++i) {
            (DepartmentId department, uint8 held) = departments.accountOf(known[i]);
            Account storage told = accounts[known[i]];
            CHEATS.assertEq(DepartmentId.unwrap(department), told.department, "department");
            CHEATS.assertEq(held, told.capabilities, "capabilities");
        }
    }

    /// @dev Not counting the one that a pending reset brings.
    function checkAdmins() external view {
        for (uint32 n = 1; n <= memberCount; ++n) {
            bool found = false;
            for (uint256 i = 0; i < known.length && !found; ++i) {
                found =
                    accounts[known[i]].department == n &&
                    accounts[known[i]].capabilities & Capability.ADMIN != 0 &&
                    (time >= accounts[known[i]].from || members[n].from > time);
            }
            CHEATS.assertTrue(found, CHEATS.toString(n));
        }
    }

    function checkAgency() external view {
        CHEATS.assertEq(DepartmentId.unwrap(departments.agency()), agencyNow(), "agency");
        CHEATS.assertTrue(departments.inGoodStanding(departments.agency()), "standing");
        CHEATS.assertTrue(!resetPending(agencyNow()), "reset");
    }

    function checkNotice() external view {
        for (uint32 n = 1; n <= memberCount; ++n) {
            DepartmentId department = DepartmentId.wrap(n);
            CHEATS.assertEq(departments.standingOf(department), standingOf(n), "standing");
            CHEATS.assertTrue(departments.isAuditor(department) == isAuditor(n), "auditor");
            CHEATS.assertEq(departments.lastReset(department), lastResetOf(n), "reset");
            CHEATS.assertTrue(departments.inGoodStanding(department) == isGood(n), "good");
            CHEATS.assertTrue(
                departments.isInGroup("bureaus", department) == isInGroup("bureaus", n),
                "group"
            );
        }
    }

    function checkPeriods() external view {
        Periods memory found = departments.periods();
        CHEATS.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(periodsNow())));
        CHEATS.assertLe(MINIMUM, found.respond, "respond");
        CHEATS.assertLe(MINIMUM, found.release, "release");
        CHEATS.assertLe(MINIMUM, found.acknowledge, "acknowledge");
        CHEATS.assertLe(MINIMUM, found.comply, "comply");
        CHEATS.assertLe(MINIMUM, found.attest, "attest");
    }

    function checkKeys() external view {
        for (uint32 n = 1; n <= memberCount; ++n) {
            uint32 expected = currentKeyOf(n);
            try departments.currentKey(DepartmentId.wrap(n)) returns (uint32 found) {
                CHEATS.assertEq(found, expected, CHEATS.toString(n));
            } catch {
                CHEATS.assertEq(0, expected, CHEATS.toString(n));
            }
        }
    }

    function checkUnanswered() external view {
        for (uint32 i = 1; i <= grantCount; ++i) {
            if (asked[i].state != GrantState.Requested) continue;
            uint256 count = 0;
            for (uint32 k = 1; k <= grantCount; ++k) {
                bool same =
                    asked[k].owner == asked[i].owner && asked[k].requester == asked[i].requester;
                if (same && asked[k].state == GrantState.Requested) ++count;
            }
            CHEATS.assertLe(count, MAX_UNANSWERED, CHEATS.toString(i));
        }
    }

    function checkReceipts() external view {
        for (uint64 i = 1; i <= transferCount; ++i) {
            Transfer storage found = deliveries[i];
            (uint256 count, uint256 overdue) = waiting(found.dataset, found.sender, found.receiver);
            CHEATS.assertLe(count, MAX_WAITING, CHEATS.toString(i));
            if (found.dataset == 0) continue;
            uint256 told = transfers.overdueCount(
                DatasetId.wrap(found.dataset),
                DepartmentId.wrap(found.receiver)
            );
            CHEATS.assertEq(told, overdue, CHEATS.toString(i));
        }
    }

    function checkConsents() external view {
        for (uint32 i = 1; i <= consentCount; ++i) {
            Consent storage told = consented[i];
            bool found = consents.inForce(
                ConsentId.wrap(i),
                DatasetId.wrap(told.dataset),
                DepartmentId.wrap(told.receiver),
                told.purpose
            );
            CHEATS.assertTrue(
                found == (!told.withdrawn && time < told.validUntil),
                CHEATS.toString(i)
            );
            ConsentId same = consents.consentByWithdrawal(told.withdrawal);
            CHEATS.assertEq(ConsentId.unwrap(same), i, "withdrawal");
        }
    }

    function checkGrants() external view {
        for (uint32 i = 1; i <= grantCount; ++i) {
            Grant storage told = asked[i];
            IAccessGrants.Grant memory found = grants.grantOf(GrantId.wrap(i));
            CHEATS.assertTrue(found.state == told.state, CHEATS.toString(i));
            CHEATS.assertTrue(found.allFields == told.terms.allFields, "fields");
            CHEATS.assertTrue(found.onwardUse == told.terms.onwardUse, "onward use");
            CHEATS.assertEq(found.validUntil, told.terms.validUntil, "validity");
            CHEATS.assertEq(found.purpose, told.terms.purpose, "purpose");
            bool ends = told.state == GrantState.Requested || told.state == GrantState.Countered;
            if (ends) CHEATS.assertEq(found.clock, told.respondBy, "clock");
        }
    }

    /// @dev Also that a grant from before a reset doesn't hold, nor one that is over or none.
    function checkPermissions() external view {
        for (uint32 i = 0; i <= grantCount; ++i) {
            Grant storage told = asked[i];
            (RefusalCause cause, bool whole, bool onwardUse, uint16 purpose) = grants.permission(
                GrantId.wrap(i),
                DatasetId.wrap(told.dataset),
                DepartmentId.wrap(told.requester)
            );
            CHEATS.assertTrue(whole == told.terms.allFields, "fields");
            CHEATS.assertTrue(onwardUse == told.terms.onwardUse, "onward use");
            CHEATS.assertEq(purpose, told.terms.purpose, "purpose");
            CHEATS.assertTrue(
                cause == causeOf(i, told.dataset, told.requester),
                CHEATS.toString(i)
            );
            if (told.heldFrom < lastResetOf(told.requester))
                CHEATS.assertTrue(cause != RefusalCause.None, "from before a reset");
        }
    }

    function checkTransfers() external view {
        for (uint64 i = 1; i <= transferCount; ++i) {
            Transfer storage told = deliveries[i];
            ITransferLog.Transfer memory found = transfers.transferOf(TransferId.wrap(i));
            CHEATS.assertTrue(found.state == told.state, CHEATS.toString(i));
            CHEATS.assertTrue(found.kind == told.kind, "kind");
            CHEATS.assertTrue(found.cured == (told.releases > 1), "cured");
            if (told.state == TransferState.Released)
                CHEATS.assertEq(found.clock, told.acknowledgeBy, "clock");
        }
    }
}
