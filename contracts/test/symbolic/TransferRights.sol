// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, check-send-result

import {
    Capability,
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    RecallId,
    TransferId
} from "../../Types.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev Who may make the calls of {TransferLog}.
abstract contract TransferRights is Symbolic {
    function check_open(address by, DatasetId dataset, uint32 number, GrantId grant) public {
        onlyMembersAreKnown();
        may(
            holdsOne(by, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.open, (dataset, number, grant))
        );
    }

    function check_query(
        address by,
        DatasetId dataset,
        GrantId grant,
        ConsentId consent,
        bytes32 digest
    ) public {
        onlyMembersAreKnown();
        may(
            holdsOne(by, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.query, (dataset, grant, consent, digest))
        );
    }

    function check_release(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key,
        bytes32 wrap
    ) public {
        onlyMembersAreKnown();
        may(
            isSenders(by, transfer, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.release, (transfer, manifest, key, wrap))
        );
    }

    function check_release_tagged(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key,
        bytes32 wrap,
        ITransferLog.SubjectTag memory tag
    ) public {
        onlyMembersAreKnown();
        may(
            isSenders(by, transfer, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.releaseTagged, (transfer, manifest, key, wrap, tag))
        );
    }

    function check_reveal(
        address by,
        TransferId transfer,
        bytes32 tag,
        bytes32 salt,
        uint40 hiddenUntil
    ) public {
        may(
            mayReveal(by, transfer, hiddenUntil),
            by,
            address(transfers),
            abi.encodeCall(transfers.reveal, (transfer, tag, salt, hiddenUntil))
        );
    }

    function check_send(
        address by,
        DepartmentId receiver,
        bytes32 manifest,
        uint32 key,
        bytes32 wrap
    ) public {
        may(
            holdsOne(by, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.send, (receiver, manifest, key, wrap))
        );
    }

    function check_resend(
        address by,
        TransferId transfer,
        bytes32 manifest,
        uint32 key,
        bytes32 wrap
    ) public {
        may(
            isSenders(by, transfer, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.resend, (transfer, manifest, key, wrap))
        );
    }

    function check_decline(address by, TransferId transfer) public {
        may(
            isSenders(by, transfer, DELIVERERS),
            by,
            address(transfers),
            abi.encodeCall(transfers.decline, (transfer, why()))
        );
    }

    function check_disclose(
        address by,
        TransferId transfer,
        DepartmentId arbiter,
        uint32 key,
        bytes32 wrap
    ) public {
        may(
            isSenders(by, transfer, Capability.OFFICER),
            by,
            address(transfers),
            abi.encodeCall(transfers.disclose, (transfer, arbiter, key, wrap))
        );
    }

    function check_recall(address by, DatasetId dataset, uint32 number) public {
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(transfers),
            abi.encodeCall(transfers.recall, (dataset, number, why()))
        );
    }

    function check_acknowledge(
        address by,
        TransferId transfer,
        bytes32 manifest,
        bytes32 tag
    ) public {
        may(
            isReceivers(by, transfer),
            by,
            address(transfers),
            abi.encodeCall(transfers.acknowledge, (transfer, manifest, tag))
        );
    }

    function check_dispute(address by, TransferId transfer) public {
        may(
            isReceivers(by, transfer),
            by,
            address(transfers),
            abi.encodeCall(transfers.dispute, (transfer, why()))
        );
    }

    function check_attest(address by, TransferId transfer, RecallId recall_) public {
        may(
            isReceivers(by, transfer),
            by,
            address(transfers),
            abi.encodeCall(transfers.attest, (transfer, recall_, why()))
        );
    }

    function check_settle(address by, TransferId transfer) public {
        may(
            maySettle(by, transfer),
            by,
            address(transfers),
            abi.encodeCall(transfers.settle, (transfer, why()))
        );
    }

    function check_declare_sources(
        address by,
        DatasetId dataset,
        uint32 number,
        TransferId source
    ) public {
        TransferId[] memory sources = new TransferId[](1);
        sources[0] = source;
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(transfers),
            abi.encodeCall(transfers.declareSources, (dataset, number, sources))
        );
    }

    /// @dev As {isOwners}, of a transfer; so are the others.
    function isSenders(
        address by,
        TransferId transfer,
        uint8 capabilities
    ) private view returns (bool) {
        return holds(by, transfers.transferOf(transfer).sender, capabilities);
    }

    function isReceivers(address by, TransferId transfer) private view returns (bool) {
        return holdsEvenSuspended(by, transfers.transferOf(transfer).receiver, DELIVERERS);
    }

    function mayReveal(
        address by,
        TransferId transfer,
        uint40 hiddenUntil
    ) private view returns (bool) {
        (DepartmentId own, ) = departments.accountOf(by);
        bool auditor = departments.isAuditor(own) && holdsOne(by, Capability.OFFICER);
        return isSenders(by, transfer, Capability.OFFICER) || (auditor && time >= hiddenUntil);
    }

    function maySettle(address by, TransferId transfer) private view returns (bool) {
        ITransferLog.Transfer memory found = transfers.transferOf(transfer);
        bool agency = isOfAgency(by) && departments.agency() != found.sender;
        return agency || holds(by, found.receiver, DELIVERERS);
    }
}

contract TransferRightsCheck is TransferRights, Check {}

contract TransferRightsReach is TransferRights, Reach {}
