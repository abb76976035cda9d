// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    RefusalCause,
    TransferId,
    TransferState
} from "../../Types.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev What one call on a transfer or consent leads to, from whatever state.
abstract contract TransferSteps is Symbolic {
    function check_nothing_is_released_unless_the_grant_holds(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) public {
        answersAnything(address(datasets));
        answersAnything(address(consents));
        ITransferLog.Transfer memory before = transfers.transferOf(transfer);
        (RefusalCause cause, , , ) = grants.permission(
            before.grant,
            before.dataset,
            before.receiver
        );
        may(cause == RefusalCause.None, by, address(transfers), _release(transfer, manifest, key));
    }

    function check_releases_follow_opening_or_one_dispute(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) public {
        ITransferLog.Transfer memory before = transfers.transferOf(transfer);
        onlyMembersAreKnown();
        bool cure = before.state == TransferState.Disputed && !before.cured;
        bool first = before.state == TransferState.Opened;
        if (!calls(by, address(transfers), _release(transfer, manifest, key))) return;
        ITransferLog.Transfer memory made = transfers.transferOf(transfer);
        allows(
            (cure || first) &&
                made.state == TransferState.Released &&
                (!cure || made.cured) &&
                made.clock >= time + departments.periods().acknowledge
        );
    }

    function check_releases_name_the_right_manifest(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) public {
        ITransferLog.Transfer memory before = transfers.transferOf(transfer);
        VM.assume(before.kind == PayloadKind.Version || before.kind == PayloadKind.Derived);
        bool withdrawn = datasets.isVersionWithdrawn(before.dataset, before.datasetVersion);
        bool marked = datasets.datasetOf(before.dataset).versionsWithdrawn;
        // What {DatasetRegistry} keeps so: no version is withdrawn without the mark.
        VM.assume(marked || !withdrawn);
        bytes32 own = datasets.manifestOf(before.dataset, before.datasetVersion);
        may(
            !withdrawn &&
                !datasets.datasetOf(before.dataset).withdrawn &&
                (manifest == own) == (before.kind == PayloadKind.Version),
            by,
            address(transfers),
            _release(transfer, manifest, key)
        );
    }

    function check_releases_use_the_current_key(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) public {
        onlyMembersAreKnown();
        DepartmentId receiver = transfers.transferOf(transfer).receiver;
        may(
            key == departments.currentKey(receiver),
            by,
            address(transfers),
            _release(transfer, manifest, key)
        );
    }

    function check_answers_need_their_consent(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) public {
        ITransferLog.Transfer memory before = transfers.transferOf(transfer);
        VM.assume(ConsentId.unwrap(before.consent) != 0);
        onlyMembersAreKnown();
        (, , , uint16 purpose) = _permission(before.grant, before.dataset, before.receiver);
        may(
            consents.inForce(before.consent, before.dataset, before.receiver, purpose),
            by,
            address(transfers),
            _release(transfer, manifest, key)
        );
    }

    function check_nothing_is_opened_unless_the_grant_holds(
        address by,
        DatasetId dataset,
        uint32 number,
        GrantId grant
    ) public {
        onlyMembersAreKnown();
        (DepartmentId own, ) = departments.accountOf(by);
        (RefusalCause cause, , , ) = _permission(grant, dataset, own);
        leavesOut(cause == RefusalCause.None);
        uint64 before = transfers.transferCount();
        bytes memory call_ = abi.encodeCall(transfers.open, (dataset, number, grant));
        if (!calls(by, address(transfers), call_)) return;
        allows(transfers.transferCount() == before);
    }

    function check_what_is_opened_is_what_the_grant_gives_to_whom(
        address by,
        DatasetId dataset,
        uint32 number,
        GrantId grant
    ) public {
        onlyMembersAreKnown();
        (DepartmentId own, ) = departments.accountOf(by);
        (, bool allFields, , ) = _permission(grant, dataset, own);
        uint64 before = transfers.transferCount();
        VM.assume(before < type(uint64).max);
        // Each receipt doubles the paths.
        VM.assume(transfers.overdueCount(dataset, own) == 0);
        bytes memory call_ = abi.encodeCall(transfers.open, (dataset, number, grant));
        if (!calls(by, address(transfers), call_)) return;
        if (transfers.transferCount() == before) return;
        ITransferLog.Transfer memory made = transfers.transferOf(TransferId.wrap(before + 1));
        allows(
            made.state == TransferState.Opened &&
                made.kind == (allFields ? PayloadKind.Version : PayloadKind.Derived) &&
                made.receiver == own
        );
    }

    function check_receipts_name_the_manifest_of_a_release(
        address by,
        TransferId transfer,
        bytes32 manifest,
        bytes32 tag
    ) public {
        ITransferLog.Transfer memory before = transfers.transferOf(transfer);
        bytes32 expected =
            before.kind == PayloadKind.Version
                ? datasets.manifestOf(before.dataset, before.datasetVersion)
                : transfers.releasedManifest(transfer);
        may(
            before.state == TransferState.Released && manifest == expected && tag != 0,
            by,
            address(transfers),
            abi.encodeCall(transfers.acknowledge, (transfer, manifest, tag))
        );
    }

    function check_a_release_is_acknowledged_once(
        address by,
        address again,
        TransferId transfer,
        bytes32 manifest,
        bytes32 other
    ) public {
        bytes memory call_ = abi.encodeCall(transfers.acknowledge, (transfer, manifest, "tag"));
        if (!calls(by, address(transfers), call_)) return;
        allows(
            !calls(
                again,
                address(transfers),
                abi.encodeCall(transfers.acknowledge, (transfer, other, "tag"))
            )
        );
    }

    function check_recalled_versions_are_withdrawn(
        address by,
        DatasetId dataset,
        uint32 number
    ) public {
        may(
            datasets.isVersionWithdrawn(dataset, number),
            by,
            address(transfers),
            abi.encodeCall(transfers.recall, (dataset, number, why()))
        );
    }

    function check_withdrawn_consents_are_over(
        address by,
        bytes32 preimage,
        DatasetId dataset,
        DepartmentId receiver,
        uint16 purpose
    ) public {
        ConsentId consent = consents.consentByWithdrawal(keccak256(abi.encode(preimage)));
        if (!calls(by, address(consents), abi.encodeCall(consents.withdraw, (preimage)))) return;
        allows(!consents.inForce(consent, dataset, receiver, purpose));
    }

    function check_a_withdrawal_is_recorded_once(
        address by,
        IConsentRegistry.Consent memory consent,
        bytes32 r,
        bytes32 s
    ) public {
        ConsentId earlier = consents.consentByWithdrawal(consent.withdrawal);
        may(
            ConsentId.unwrap(earlier) == 0,
            by,
            address(consents),
            abi.encodeCall(consents.record, (consent, bytes.concat(r, s, bytes1(uint8(27)))))
        );
    }

    /// @dev As {IAccessGrants-permission}, by the question that {TransferLog} asks.
    function _permission(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) private view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose) {
        return grants.permissionSince(grant, dataset, receiver, departments.lastReset(receiver));
    }

    function _release(
        TransferId transfer,
        bytes32 manifest,
        uint32 key
    ) private view returns (bytes memory) {
        return abi.encodeCall(transfers.release, (transfer, manifest, key, bytes32("wrap")));
    }
}

contract TransferStepsCheck is TransferSteps, Check {}

contract TransferStepsReach is TransferSteps, Reach {}
