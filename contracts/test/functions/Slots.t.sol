// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {put} from "../../Bits.sol";
import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    GrantState,
    PayloadKind,
    TransferState
} from "../../Types.sol";
import {GrantSlot, newGrant} from "../../grants/GrantSlot.sol";
import {newTransfer, routeOf, TransferSlot} from "../../transfers/TransferSlot.sol";
import {IVm} from "../Registries.sol";

/// @dev What is put into a packed slot comes out of it, and nothing else changes.
contract SlotsTest {
    IVm internal constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    struct GrantFields {
        uint32 dataset;
        uint32 requester;
        uint32 owner;
        uint8 state;
        uint8 approvals;
        uint16 purpose;
        bool allFields;
        bool onwardUse;
        bool ordered;
        uint8 place;
        uint40 clock;
        uint40 validUntil;
    }

    struct TransferFields {
        uint32 dataset;
        uint32 datasetVersion;
        uint32 grant;
        uint32 sender;
        uint32 receiver;
        uint8 kind;
        bool onwardUse;
        uint40 clock;
        uint32 consent;
    }

    function testFuzz_a_grant_comes_out_as_it_went_in(
        GrantFields memory first,
        GrantFields memory second
    ) public pure {
        GrantSlot slot = newGrant({
            dataset_: DatasetId.wrap(first.dataset),
            requester_: DepartmentId.wrap(first.requester),
            owner_: DepartmentId.wrap(first.owner),
            approvals_: first.approvals,
            purpose_: first.purpose,
            allFields_: first.allFields,
            onwardUse_: first.onwardUse,
            validUntil_: first.validUntil
        });
        (first.state, first.clock, first.place, first.ordered) = (0, 0, 0, false);
        checkGrant(slot, first);
        (second.dataset, second.requester, second.owner, second.approvals) = (
            first.dataset,
            first.requester,
            first.owner,
            first.approvals
        );
        slot = changed(slot, second);
        if (second.ordered) slot = slot.asOrdered();
        checkGrant(slot, second);
        checkGrant(changed(slot, second), second);
        VM.assertEq(slot.parties(), (uint256(first.owner) << 32) | first.requester);
    }

    function testFuzz_a_transfer_comes_out_as_it_went_in(
        TransferFields memory fields,
        uint40 acknowledgeBy
    ) public pure {
        fields.kind = fields.kind % (uint8(type(PayloadKind).max) + 1);
        TransferSlot slot = newTransfer({
            dataset_: DatasetId.wrap(fields.dataset),
            datasetVersion_: fields.datasetVersion,
            grant_: GrantId.wrap(fields.grant),
            sender_: DepartmentId.wrap(fields.sender),
            receiver_: DepartmentId.wrap(fields.receiver),
            kind_: PayloadKind(fields.kind),
            onwardUse_: fields.onwardUse,
            releaseBy: fields.clock,
            consent_: ConsentId.wrap(fields.consent)
        });
        checkTransfer(slot, fields, TransferState.Opened, false);
        fields.clock = acknowledgeBy;
        slot = slot.released(acknowledgeBy);
        checkTransfer(slot, fields, TransferState.Released, false);
        slot = slot.inState(TransferState.Disputed);
        checkTransfer(slot, fields, TransferState.Disputed, false);
        slot = slot.released(acknowledgeBy);
        checkTransfer(slot, fields, TransferState.Released, true);
        slot = slot.inState(TransferState.Settled);
        checkTransfer(slot, fields, TransferState.Settled, true);
    }

    function testFuzz_routes_differ_where_source_or_receiver_do(
        uint32 source,
        uint32 receiver,
        uint32 otherSource,
        uint32 otherReceiver
    ) public pure {
        uint256 documents = documentRoute(source, receiver);
        uint256 releases = routeOf(DatasetId.wrap(source), DepartmentId.wrap(receiver));
        VM.assertTrue(documents != releases, "of documents and of releases");
        bool same = source == otherSource && receiver == otherReceiver;
        VM.assertEq(documents == documentRoute(otherSource, otherReceiver), same);
        uint256 others = routeOf(DatasetId.wrap(otherSource), DepartmentId.wrap(otherReceiver));
        VM.assertEq(releases == others, same);
    }

    function testFuzz_a_value_is_put_where_it_belongs(
        uint256 slot,
        uint8 offset,
        uint8 bits,
        uint256 value
    ) public pure {
        uint256 room = 256 - uint256(offset);
        uint256 width = (uint256(bits) % (room < 255 ? room : 255)) + 1;
        value &= (1 << width) - 1;
        uint256 result = put(slot, offset, width, value);
        VM.assertEq((result >> offset) & ((1 << width) - 1), value);
        uint256 back = put(result, offset, width, (slot >> offset) & ((1 << width) - 1));
        VM.assertEq(back, slot);
    }

    function changed(GrantSlot slot, GrantFields memory to) private pure returns (GrantSlot) {
        to.state = to.state % (uint8(type(GrantState).max) + 1);
        return
            slot
                .inState(GrantState(to.state))
                .until(to.validUntil)
                .since(to.clock)
                .inPlace(to.place)
                .under(to.purpose, to.allFields, to.onwardUse);
    }

    function checkGrant(GrantSlot slot, GrantFields memory expected) private pure {
        GrantFields memory found = GrantFields({
            dataset: DatasetId.unwrap(slot.dataset()),
            requester: DepartmentId.unwrap(slot.requester()),
            owner: DepartmentId.unwrap(slot.owner()),
            state: uint8(slot.state()),
            approvals: slot.approvals(),
            purpose: slot.purpose(),
            allFields: slot.allFields(),
            onwardUse: slot.onwardUse(),
            ordered: slot.ordered(),
            place: slot.place(),
            clock: slot.clock(),
            validUntil: slot.validUntil()
        });
        VM.assertEq(abi.encode(found), abi.encode(expected));
        VM.assertTrue(slot.isIn(GrantState(expected.state)), "state");
    }

    function checkTransfer(
        TransferSlot slot,
        TransferFields memory expected,
        TransferState state,
        bool cured
    ) private pure {
        TransferFields memory found = TransferFields({
            dataset: DatasetId.unwrap(slot.dataset()),
            datasetVersion: slot.datasetVersion(),
            grant: GrantId.unwrap(slot.grant()),
            sender: DepartmentId.unwrap(slot.sender()),
            receiver: DepartmentId.unwrap(slot.receiver()),
            kind: uint8(slot.kind()),
            onwardUse: slot.onwardUse(),
            clock: slot.clock(),
            consent: ConsentId.unwrap(slot.consent())
        });
        VM.assertEq(abi.encode(found), abi.encode(expected));
        VM.assertTrue(slot.state() == state && slot.isIn(state), "state");
        VM.assertTrue(slot.isOf(PayloadKind(expected.kind)), "kind");
        VM.assertEq(slot.cured(), cured);
    }

    function documentRoute(uint32 sender, uint32 receiver) private pure returns (uint256) {
        return
            newTransfer({
                dataset_: DatasetId.wrap(0),
                datasetVersion_: 0,
                grant_: GrantId.wrap(0),
                sender_: DepartmentId.wrap(sender),
                receiver_: DepartmentId.wrap(receiver),
                kind_: PayloadKind.Document,
                onwardUse_: false,
                releaseBy: 0,
                consent_: ConsentId.wrap(0)
            }).route();
    }
}
