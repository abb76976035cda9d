// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DatasetKind, PayloadKind, RefusalCause, TransferState} from "../../Types.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {ICheats} from "./Cheats.sol";
import {GrantHistory} from "./GrantHistory.sol";
import {Rule} from "./Stage.sol";

/// @dev Transfers, disputes and recalls as the events of {TransferLog} tell them.
abstract contract TransferHistory is GrantHistory {
    /// @dev `releases`, `receipts`: how many there were; `manifest` and `acknowledgeBy` are the last release's.
    struct Transfer {
        uint32 dataset;
        uint32 datasetVersion;
        uint32 grant;
        uint32 sender;
        uint32 receiver;
        uint32 consent;
        TransferState state;
        PayloadKind kind;
        uint8 releases;
        uint8 receipts;
        uint40 acknowledgeBy;
        bytes32 manifest;
        bytes32 hiddenTag;
        uint40 hiddenUntil;
    }

    uint256 internal constant MAX_OVERDUE = 3;

    uint64 internal transferCount;
    uint32 internal recallCount;
    mapping(uint64 transfer => Transfer) internal deliveries;
    mapping(uint32 recall => mapping(uint64 transfer => bool)) internal attested;

    // ------------------------------------------------------------------ what is so now
    /// @dev Releases of `dataset` (0: documents of `sender`) to `receiver` that wait for a receipt, and those late.
    function waiting(
        uint32 dataset,
        uint32 sender,
        uint32 receiver
    ) internal view returns (uint256 count, uint256 overdue) {
        for (uint64 i = 1; i <= transferCount; ++i) {
            Transfer storage found = deliveries[i];
            bool same = found.dataset == dataset && (dataset != 0 || found.sender == sender);
            if (!same || found.receiver != receiver || found.state != TransferState.Released)
                continue;
            ++count;
            if (found.acknowledgeBy < time) ++overdue;
        }
    }

    // ------------------------------------------------------------------ reading
    function readTransfer(ICheats.Log memory log) internal {
        bytes32 topic0 = log.topics[0];
        if (topic0 == ITransferLog.TransferRefused.selector) {
            _refuse(log);
        } else if (topic0 == ITransferLog.SourcesDeclared.selector) {
            _declare(
                uint32(uint256(log.topics[1])),
                uint32(uint256(log.topics[2])),
                abi.decode(log.data, (uint64[]))
            );
        } else if (topic0 == ITransferLog.VersionRecalled.selector) {
            _recall(log);
        } else if (topic0 == ITransferLog.DocumentSent.selector) {
            _send(log);
        } else {
            _follow(uint64(uint256(log.topics[1])), topic0, log);
        }
    }

    function _follow(uint64 number, bytes32 topic0, ICheats.Log memory log) private {
        Transfer storage found = deliveries[number];
        if (topic0 == ITransferLog.TransferOpened.selector) {
            _open(number, log);
            return;
        }
        if (topic0 == ITransferLog.QueryOpened.selector) {
            _query(number, log);
            return;
        }
        must(found.dataset == uint32(uint256(log.topics[2])), Rule.TransferSteps);
        TransferState from = found.state;
        if (topic0 == ITransferLog.TransferReleased.selector) {
            _release(number, log.data);
        } else if (topic0 == ITransferLog.TransferDeclined.selector) {
            must(from == TransferState.Opened, Rule.TransferSteps);
            found.state = TransferState.Declined;
        } else if (topic0 == ITransferLog.TransferAcknowledged.selector) {
            _acknowledge(number, log.data);
        } else if (topic0 == ITransferLog.TransferDisputed.selector) {
            must(
                from == TransferState.Released || from == TransferState.Acknowledged,
                Rule.TransferSteps
            );
            found.state = TransferState.Disputed;
        } else if (topic0 == ITransferLog.TransferSettled.selector) {
            must(from == TransferState.Disputed, Rule.TransferSteps);
            found.state = TransferState.Settled;
        } else if (topic0 == ITransferLog.TransferAttested.selector) {
            uint32 recall = uint32(uint256(log.topics[3]));
            must(found.releases > 0 && recall <= recallCount, Rule.Recalls);
            must(!attested[recall][number], Rule.Recalls);
            attested[recall][number] = true;
        } else if (topic0 == ITransferLog.KeyDisclosed.selector) {
            _disclose(found, uint32(uint256(log.topics[3])), log.data);
        } else {
            _tag(found, topic0, log);
        }
    }

    function _refuse(ICheats.Log memory log) private {
        uint32 dataset = uint32(uint256(log.topics[1]));
        uint32 receiver = uint32(uint256(log.topics[2]));
        (uint32 datasetVersion, RefusalCause told) = abi.decode(log.data, (uint32, RefusalCause));
        must(!isRetired(), Rule.RetiredOpensNothing);
        RefusalCause cause = causeOf(uint32(uint256(log.topics[3])), dataset, receiver);
        (, uint256 overdue) = waiting(dataset, 0, receiver);
        if (cause == RefusalCause.None && overdue > MAX_OVERDUE)
            cause = RefusalCause.OverdueReceipts;
        bool ofConsent = told == RefusalCause.NoConsent && cause == RefusalCause.None;
        must(ofConsent ? datasetVersion == 0 : told == cause, Rule.RefusalsAreTrue);
        must(told != RefusalCause.None, Rule.RefusalsAreTrue);
    }

    function _open(uint64 number, ICheats.Log memory log) private {
        Transfer storage opened = deliveries[number];
        uint40 releaseBy;
        (opened.grant, opened.datasetVersion, opened.kind, releaseBy) = abi.decode(
            log.data,
            (uint32, uint32, PayloadKind, uint40)
        );
        _begin(number, opened, log, releaseBy);
        must(isServable(opened.dataset, opened.datasetVersion), Rule.HeldWhenOpened);
        bool whole = asked[opened.grant].terms.allFields;
        must(
            opened.kind == (whole ? PayloadKind.Version : PayloadKind.Derived),
            Rule.RightManifest
        );
    }

    function _query(uint64 number, ICheats.Log memory log) private {
        Transfer storage opened = deliveries[number];
        uint40 releaseBy;
        (opened.grant, opened.consent, , releaseBy) = abi.decode(
            log.data,
            (uint32, uint32, bytes32, uint40)
        );
        opened.kind = PayloadKind.Answer;
        _begin(number, opened, log, releaseBy);
        Dataset storage service = catalogue[opened.dataset];
        must(service.kind == DatasetKind.Service && !service.withdrawn, Rule.HeldWhenOpened);
        must(service.rules.consentNeeded == (opened.consent != 0), Rule.ConsentInForce);
        _mustBeConsented(opened);
    }

    function _begin(
        uint64 number,
        Transfer storage opened,
        ICheats.Log memory log,
        uint40 releaseBy
    ) private {
        must(number == ++transferCount, Rule.Numbers);
        must(!isRetired(), Rule.RetiredOpensNothing);
        opened.dataset = uint32(uint256(log.topics[2]));
        opened.receiver = uint32(uint256(log.topics[3]));
        opened.sender = catalogue[opened.dataset].owner;
        opened.state = TransferState.Opened;
        RefusalCause cause = causeOf(opened.grant, opened.dataset, opened.receiver);
        must(cause == RefusalCause.None, Rule.HeldWhenOpened);
        (, uint256 overdue) = waiting(opened.dataset, 0, opened.receiver);
        must(overdue <= MAX_OVERDUE, Rule.HeldWhenOpened);
        must(isGood(opened.sender) && isGood(opened.receiver), Rule.GoodStanding);
        must(releaseBy == time + periodsNow().release, Rule.Minimum);
        must(releaseBy >= time + MINIMUM, Rule.Minimum);
    }

    function _release(uint64 number, bytes memory data) private {
        Transfer storage found = deliveries[number];
        uint32 keyNumber;
        (found.manifest, , keyNumber, found.acknowledgeBy) = abi.decode(
            data,
            (bytes32, bytes32, uint32, uint40)
        );
        RefusalCause cause = causeOf(found.grant, found.dataset, found.receiver);
        must(cause == RefusalCause.None, Rule.HeldWhenReleased);
        _mustBeConsented(found);
        if (found.kind == PayloadKind.Answer) {
            must(!catalogue[found.dataset].withdrawn, Rule.ServableWhenReleased);
        } else {
            must(isServable(found.dataset, found.datasetVersion), Rule.ServableWhenReleased);
            bool own = found.manifest == versions[found.dataset][found.datasetVersion].manifest;
            must(own == (found.kind == PayloadKind.Version), Rule.RightManifest);
            must(own == asked[found.grant].terms.allFields, Rule.RightManifest);
        }
        _deliver(found, keyNumber);
    }

    function _send(ICheats.Log memory log) private {
        uint64 number = uint64(uint256(log.topics[1]));
        Transfer storage found = deliveries[number];
        if (number > transferCount) {
            must(number == ++transferCount, Rule.Numbers);
            found.sender = uint32(uint256(log.topics[2]));
            found.receiver = uint32(uint256(log.topics[3]));
            found.kind = PayloadKind.Document;
            found.state = TransferState.Opened;
        }
        must(found.kind == PayloadKind.Document, Rule.TransferSteps);
        must(found.sender != found.receiver, Rule.TransferSteps);
        uint32 keyNumber;
        (found.manifest, , keyNumber, found.acknowledgeBy) = abi.decode(
            log.data,
            (bytes32, bytes32, uint32, uint40)
        );
        _deliver(found, keyNumber);
    }

    function _deliver(Transfer storage found, uint32 keyNumber) private {
        must(!isRetired(), Rule.RetiredOpensNothing);
        must(isGood(found.sender) && isGood(found.receiver), Rule.GoodStanding);
        must(keyNumber != 0 && keyNumber == currentKeyOf(found.receiver), Rule.CurrentKey);
        must(found.acknowledgeBy == time + periodsNow().acknowledge, Rule.Minimum);
        must(found.acknowledgeBy >= time + MINIMUM, Rule.Minimum);
        must(
            found.state == (found.releases == 0 ? TransferState.Opened : TransferState.Disputed),
            Rule.TransferSteps
        );
        must(++found.releases <= 2, Rule.OneCure);
        found.state = TransferState.Released;
    }

    function _acknowledge(uint64 number, bytes memory data) private {
        Transfer storage found = deliveries[number];
        (bytes32 manifest, bytes32 tag) = abi.decode(data, (bytes32, bytes32));
        must(found.state == TransferState.Released, Rule.AcknowledgedOnce);
        must(++found.receipts <= found.releases, Rule.AcknowledgedOnce);
        must(manifest == found.manifest && tag != 0, Rule.RightManifest);
        found.state = TransferState.Acknowledged;
    }

    function _disclose(Transfer storage found, uint32 arbiter, bytes memory data) private {
        must(found.state == TransferState.Disputed, Rule.TransferSteps);
        must(arbiter != found.sender && arbiter != found.receiver, Rule.TransferSteps);
        must(isGood(arbiter), Rule.GoodStanding);
        (uint32 receiver, uint32 keyNumber, ) = abi.decode(data, (uint32, uint32, bytes32));
        must(receiver == found.receiver, Rule.TransferSteps);
        must(keyNumber != 0 && keyNumber == currentKeyOf(arbiter), Rule.CurrentKey);
    }

    function _tag(Transfer storage found, bytes32 topic0, ICheats.Log memory log) private {
        bytes32 tag = log.topics[3];
        if (topic0 == ITransferLog.SubjectTagged.selector) {
            uint40 hiddenUntil = abi.decode(log.data, (uint40));
            must(found.kind == PayloadKind.Answer && tag != 0, Rule.Tags);
            if (hiddenUntil == 0) return;
            bool first = found.hiddenUntil == 0;
            must(hiddenUntil > time, Rule.Tags);
            must(first || (found.hiddenTag == tag && found.hiddenUntil == hiddenUntil), Rule.Tags);
            (found.hiddenTag, found.hiddenUntil) = (tag, hiddenUntil);
        } else {
            (bytes32 salt, uint32 revealer) = abi.decode(log.data, (bytes32, uint32));
            must(found.hiddenTag == keccak256(abi.encode(tag, salt)), Rule.Tags);
            bool late = isAuditor(revealer) && time >= found.hiddenUntil;
            must(revealer == found.sender || late, Rule.Tags);
            (found.hiddenTag, found.hiddenUntil) = (0, 0);
        }
    }

    function _declare(uint32 dataset, uint32 datasetVersion, uint64[] memory sources) private {
        Version storage version = versions[dataset][datasetVersion];
        must(!version.sourcesDeclared && version.manifest != 0, Rule.Lineage);
        version.sourcesDeclared = true;
        must(sources.length > 0 && sources.length <= 16, Rule.Lineage);
        for (uint256 i = 0; i < sources.length; ++i) {
            Transfer storage source = deliveries[sources[i]];
            must(i == 0 || sources[i] > sources[i - 1], Rule.Lineage);
            must(source.receiver == catalogue[dataset].owner, Rule.Lineage);
            must(source.state == TransferState.Acknowledged, Rule.Lineage);
            must(asked[source.grant].terms.onwardUse, Rule.Lineage);
        }
    }

    function _recall(ICheats.Log memory log) private {
        must(uint256(log.topics[1]) == ++recallCount, Rule.Numbers);
        uint32 dataset = uint32(uint256(log.topics[2]));
        Version storage version = versions[dataset][uint32(uint256(log.topics[3]))];
        must(version.withdrawn && !version.recalled, Rule.Recalls);
        must(holds(caller, catalogue[dataset].owner, Capability.OFFICER), Rule.Recalls);
        version.recalled = true;
        (, , uint40 attestBy) = abi.decode(log.data, (uint16, bytes32, uint40));
        must(attestBy == time + periodsNow().attest, Rule.Minimum);
        must(attestBy >= time + MINIMUM, Rule.Minimum);
    }

    function _mustBeConsented(Transfer storage found) private {
        bool needed =
            catalogue[found.dataset].rules.consentNeeded && found.kind == PayloadKind.Answer;
        if (!needed && found.consent == 0) return;
        uint16 purpose = asked[found.grant].terms.purpose;
        must(isInForce(found.consent, found.dataset, found.receiver, purpose), Rule.ConsentInForce);
    }
}
