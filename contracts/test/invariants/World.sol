// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// It takes our `send` for that of addresses.
// solhint-disable check-send-result

import {
    Capability,
    ConsentId,
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantId,
    SharingClass,
    TransferId
} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {CHEATS} from "./Cheats.sol";
import {Call} from "./Handler.sol";
import {Laws} from "./Laws.sol";

/// @dev Where every run begins: an agency, five members with accounts of every kind, and something of each kind in
/// several states, so that a hundred calls lead far.
contract World is Laws {
    uint32 private constant LABOUR = 2;
    uint32 private constant HEALTH = 3;
    uint32 private constant ENERGY = 4;
    uint32 private constant AUDIT = 5;
    uint32 private constant TAX = 6;

    constructor() {
        read(CHEATS.getRecordedLogs());
        known.push(STRANGER);
        known.push(address(departments));
        _staffMember(AGENCY);
        for (uint32 n = LABOUR; n <= TAX; ++n) _admitMember(n);
        pass(NOTICE);
        for (uint32 n = LABOUR; n <= TAX; ++n) _staffMember(n);
        _govern();
        pass(NOTICE);
        _registerDatasets();
        _makeGrants();
        _openTransfers();
        _goOn();
        CHEATS.assertEq(refusals, 0, "a refusal on the way to the first state");
    }

    function _admitMember(uint32 n) private {
        perform(
            Call.Admit,
            account(AGENCY, 2),
            address(departments),
            abi.encodeCall(
                departments.admit,
                (bytes32(bytes1(uint8(0x60 + n))), account(n, 1), digest(1))
            ),
            true
        );
    }

    function _staffMember(uint32 n) private {
        uint8[5] memory sets = [
            Capability.OFFICER,
            Capability.AGENT,
            Capability.OFFICER,
            Capability.ADMIN | Capability.AGENT,
            Capability.OFFICER | Capability.AGENT
        ];
        for (uint256 i = 0; i < sets.length; ++i) {
            perform(
                Call.AddAccount,
                account(n, 1),
                address(departments),
                abi.encodeCall(departments.addAccount, (account(n, i + 2), sets[i])),
                true
            );
        }
        perform(
            Call.PublishKey,
            account(n, 1),
            address(departments),
            abi.encodeCall(departments.publishKey, (1, new bytes(1216))),
            true
        );
    }

    function _govern() private {
        address by = account(AGENCY, 2);
        perform(
            Call.AppointAuditor,
            by,
            address(departments),
            abi.encodeCall(departments.appointAuditor, (DepartmentId.wrap(AUDIT))),
            true
        );
        for (uint32 n = HEALTH; n <= ENERGY; ++n) {
            perform(
                Call.SetGroupMember,
                by,
                address(departments),
                abi.encodeCall(departments.setGroupMember, ("bureaus", DepartmentId.wrap(n), true)),
                true
            );
        }
    }

    /// @dev Datasets 1 to 5: two files and a service of labour's, health's open file, energy's with two approvals.
    function _registerDatasets() private {
        _registerDataset(LABOUR, DatasetKind.File, SharingClass.Conditional, 1);
        _registerDataset(HEALTH, DatasetKind.File, SharingClass.Open, 1);
        _registerDataset(LABOUR, DatasetKind.Service, SharingClass.Conditional, 1);
        _registerDataset(ENERGY, DatasetKind.File, SharingClass.Conditional, 2);
        _registerDataset(LABOUR, DatasetKind.File, SharingClass.Conditional, 1);
        for (uint32 consent = 1; consent <= 4; ++consent) _consent(consent);
    }

    function _registerDataset(
        uint32 owner,
        DatasetKind kind,
        SharingClass sharing,
        uint8 approvals
    ) private {
        uint32 dataset = datasetCount + 1;
        bool service = kind == DatasetKind.Service;
        bytes32 slug = bytes32(bytes1(uint8(0x30 + dataset)));
        _do(
            Call.Register,
            owner,
            address(datasets),
            abi.encodeCall(
                datasets.register,
                (slug, kind, IDatasetRegistry.Rules(sharing, approvals, true, service), digest(1))
            )
        );
        for (uint32 number = 1; number <= 2 && !service; ++number) {
            _do(
                Call.PublishVersion,
                owner,
                address(datasets),
                abi.encodeCall(
                    datasets.publishVersion,
                    (DatasetId.wrap(dataset), number, keccak256(abi.encode(dataset, number)))
                )
            );
        }
    }

    function _consent(uint32 number) private {
        IConsentRegistry.Consent memory consent = IConsentRegistry.Consent({
            dataset: DatasetId.wrap(3),
            receiver: DepartmentId.wrap(HEALTH + (number % 2)),
            purpose: PURPOSE,
            validUntil: time + 1 days,
            withdrawal: keccak256(abi.encode(digest(number)))
        });
        _do(
            Call.RecordConsent,
            AUDIT,
            address(consents),
            abi.encodeCall(consents.record, (consent, signatureOf(consent, number)))
        );
    }

    /// @dev Grants 1 to 6 Active, of which 1 of all fields; 7 and 8 wait for an answer; two offers.
    function _makeGrants() private {
        for (uint32 dataset = 1; dataset <= 3; ++dataset) {
            for (uint32 requester = HEALTH; requester <= ENERGY; ++requester) {
                if (dataset == 2 && requester == HEALTH) _ask(LABOUR, dataset);
                else _ask(requester, dataset);
            }
        }
        for (uint32 grant = 1; grant <= 6; ++grant) {
            if (grant == 3 || grant == 4) continue;
            _do(
                Call.Approve,
                LABOUR,
                address(grants),
                abi.encodeCall(grants.approve, (GrantId.wrap(grant), asked[grant].terms.digest))
            );
        }
        _ask(LABOUR, 4);
        _ask(TAX, 1);
        _offer(LABOUR, 1);
        _offer(HEALTH, 2);
    }

    function _ask(uint32 requester, uint32 dataset) private {
        IAccessGrants.Terms memory terms = IAccessGrants.Terms({
            digest: digest(9),
            purpose: PURPOSE,
            allFields: requester != ENERGY,
            onwardUse: true,
            validUntil: time + 1 days
        });
        _do(
            Call.Request,
            requester,
            address(grants),
            abi.encodeCall(grants.request, (DatasetId.wrap(dataset), terms))
        );
    }

    function _offer(uint32 owner, uint32 dataset) private {
        IAccessGrants.Offer memory offered = IAccessGrants.Offer({
            digest: digest(1),
            group: dataset == 1 ? bytes32("bureaus") : bytes32(0),
            purpose: 0,
            standing: 0,
            allFields: true,
            onwardUse: true,
            validUntil: time + 1 days,
            longest: 1 days
        });
        _do(
            Call.PublishOffer,
            owner,
            address(grants),
            abi.encodeCall(grants.publishOffer, (DatasetId.wrap(dataset), offered))
        );
    }

    /// @dev Transfers 1 to 5 are Opened: two of a version, one derived, two answers; 6 is a document.
    function _openTransfers() private {
        for (uint32 grant = 1; grant <= 3; ++grant) {
            _do(
                Call.Open,
                asked[grant].requester,
                address(transfers),
                abi.encodeCall(
                    transfers.open,
                    (DatasetId.wrap(asked[grant].dataset), 1, GrantId.wrap(grant))
                )
            );
        }
        for (uint32 grant = 5; grant <= 6; ++grant) {
            _do(
                Call.Query,
                asked[grant].requester,
                address(transfers),
                abi.encodeCall(
                    transfers.query,
                    (DatasetId.wrap(3), GrantId.wrap(grant), ConsentId.wrap(7 - grant), digest(1))
                )
            );
        }
        _do(
            Call.Send,
            TAX,
            address(transfers),
            abi.encodeCall(transfers.send, (DepartmentId.wrap(HEALTH), digest(3), 1, digest(2)))
        );
        _do(
            Call.Release,
            LABOUR,
            address(transfers),
            abi.encodeCall(
                transfers.release,
                (TransferId.wrap(1), versions[1][1].manifest, 1, digest(2))
            )
        );
    }

    /// @dev Grants 8 to 11: Countered, Ordered, Returned and Escalated. A version that may be recalled. Transfer 1 is
    /// Acknowledged, the document Disputed.
    function _goOn() private {
        _ask(AUDIT, 1);
        _ask(AGENCY, 1);
        _ask(TAX, 5);
        IAccessGrants.Terms memory terms = asked[8].terms;
        _owns(Call.Counter, abi.encodeCall(grants.counter, (GrantId.wrap(8), terms)));
        _owns(Call.Refuse, abi.encodeCall(grants.refuse, (GrantId.wrap(9), why())));
        _owns(
            Call.ReturnForCompletion,
            abi.encodeCall(grants.returnForCompletion, (GrantId.wrap(10), why()))
        );
        _owns(Call.Refuse, abi.encodeCall(grants.refuse, (GrantId.wrap(11), why())));
        for (uint32 grant = 9; grant <= 11; grant += 2) {
            _do(
                Call.Escalate,
                asked[grant].requester,
                address(grants),
                abi.encodeCall(grants.escalate, (GrantId.wrap(grant), why()))
            );
        }
        _do(
            Call.Rule,
            AGENCY,
            address(grants),
            abi.encodeCall(grants.rule, (GrantId.wrap(9), asked[9].terms.digest, true, why()))
        );
        _do(
            Call.WithdrawVersion,
            LABOUR,
            address(datasets),
            abi.encodeCall(datasets.withdrawVersion, (DatasetId.wrap(5), 2, why()))
        );
        _do(
            Call.Acknowledge,
            HEALTH,
            address(transfers),
            abi.encodeCall(
                transfers.acknowledge,
                (TransferId.wrap(1), versions[1][1].manifest, digest(4))
            )
        );
        _do(
            Call.Dispute,
            HEALTH,
            address(transfers),
            abi.encodeCall(transfers.dispute, (TransferId.wrap(6), why()))
        );
    }

    function _owns(Call call_, bytes memory data) private {
        _do(call_, LABOUR, address(grants), data);
    }

    function _do(Call call_, uint32 department, address target, bytes memory data) private {
        address by = account(department, 2);
        perform(call_, by, target, data, holds(by, department, Capability.OFFICER));
    }
}
