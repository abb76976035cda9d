// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    Capability,
    ConsentId,
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantId,
    GrantState,
    RefusalCause,
    SharingClass,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Registries} from "./Registries.sol";

/// @dev The fixture of all contracts: "health" has been granted dataset 1 (grant 1).
abstract contract Base is Registries {
    GrantId internal constant GRANT = GrantId.wrap(1);
    GrantId internal constant NEXT = GrantId.wrap(2);
    TransferId internal constant TRANSFER = TransferId.wrap(1);
    /// @dev Registered by {registerService}.
    DatasetId internal constant SERVICE = DatasetId.wrap(2);
    ConsentId internal constant NO_CONSENT = ConsentId.wrap(0);
    ConsentId internal constant CONSENT = ConsentId.wrap(1);
    /// @dev Of "labour", once {needTwo} was called.
    address internal constant SECOND_OFFICER = address(0xabc);

    IAccessGrants internal grants;
    ITransferLog internal transfers;

    function setUp() public virtual override {
        super.setUp();
        grants = IAccessGrants(VM.deployCode("AccessGrants.sol", abi.encode(consents)));
        transfers = ITransferLog(VM.deployCode("TransferLog.sol", abi.encode(grants)));
        ask(HEALTH);
        approve(GRANT, officer(LABOUR));
    }

    // ------------------------------------------------------------------ what
    function terms() internal pure returns (IAccessGrants.Terms memory) {
        return
            IAccessGrants.Terms({
                digest: digest("terms"),
                purpose: 3,
                allFields: true,
                onwardUse: false,
                validUntil: START + 365 days
            });
    }

    /// @dev Terms that differ in all from {terms}.
    function otherTerms() internal pure returns (IAccessGrants.Terms memory) {
        return
            IAccessGrants.Terms({
                digest: digest("other terms"),
                purpose: 4,
                allFields: false,
                onwardUse: true,
                validUntil: START + 300 days
            });
    }

    // ------------------------------------------------------------------ datasets
    function registerService(bool consentNeeded) internal {
        IDatasetRegistry.Rules memory rules_ = rules(SharingClass.Conditional, 1);
        rules_.consentNeeded = consentNeeded;
        VM.prank(officer(LABOUR));
        datasets.register("jobs", DatasetKind.Service, rules_, digest("d"));
    }

    function edit(SharingClass sharing, uint8 approvals) internal {
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(sharing, approvals), digest("d"));
    }

    /// @dev From now on, requests of the dataset need the approvals of two officers; there is a second one.
    function needTwo() internal {
        edit(SharingClass.Conditional, 2);
        VM.prank(admin(LABOUR));
        departments.addAccount(SECOND_OFFICER, Capability.OFFICER);
    }

    /// @dev For queries of the service by "health", for the purpose of {terms}.
    function recordConsent() internal {
        IConsentRegistry.Consent memory given = IConsentRegistry.Consent({
            dataset: SERVICE,
            receiver: HEALTH,
            purpose: 3,
            validUntil: START + 10 days,
            withdrawal: keccak256(abi.encode(digest("preimage")))
        });
        // Whatever was signed, someone is found to have signed it.
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(7, digest("consent"));
        VM.prank(agent(ENERGY));
        consents.record(given, abi.encodePacked(r, s, v));
    }

    function withdrawConsent() internal {
        VM.prank(agent(ENERGY));
        consents.withdraw(digest("preimage"));
    }

    // ------------------------------------------------------------------ requests and grants
    function ask(DepartmentId requester) internal returns (GrantId) {
        return askFor(DATASET, requester, terms());
    }

    function askFor(
        DatasetId dataset,
        DepartmentId requester,
        IAccessGrants.Terms memory asked
    ) internal returns (GrantId) {
        VM.prank(officer(requester));
        return grants.request(dataset, asked);
    }

    function approve(GrantId grant, address by) internal {
        VM.prank(by);
        grants.approve(grant, digest("terms"));
    }

    /// @dev A grant to "health" with other terms than {terms}.
    function grantUnder(
        DatasetId dataset,
        IAccessGrants.Terms memory asked
    ) internal returns (GrantId grant) {
        grant = askFor(dataset, HEALTH, asked);
        VM.prank(officer(LABOUR));
        grants.approve(grant, asked.digest);
    }

    function counter(GrantId grant, address by) internal {
        VM.prank(by);
        grants.counter(grant, otherTerms());
    }

    function refuse(GrantId grant) internal {
        VM.prank(officer(LABOUR));
        grants.refuse(grant, why());
    }

    function escalate(GrantId grant, DepartmentId requester) internal {
        VM.prank(officer(requester));
        grants.escalate(grant, why());
    }

    function order(GrantId grant) internal {
        VM.prank(officer(AGENCY));
        grants.rule(grant, digest("terms"), true, why());
    }

    /// @dev A new grant to "energy", made under an order.
    function orderedGrant() internal returns (GrantId grant) {
        grant = ask(ENERGY);
        refuse(grant);
        escalate(grant, ENERGY);
        order(grant);
        VM.prank(officer(LABOUR));
        grants.comply(grant, digest("terms"));
    }

    function revoke(GrantId grant) internal {
        VM.prank(officer(LABOUR));
        grants.revoke(grant, why());
    }

    function causeOf(
        GrantId grant,
        DepartmentId receiver
    ) internal view returns (RefusalCause cause) {
        (cause, , , ) = grants.permission(grant, DATASET, receiver);
    }

    // ------------------------------------------------------------------ transfers
    function open() internal returns (TransferId) {
        return openUnder(GRANT);
    }

    function openUnder(GrantId grant) internal returns (TransferId) {
        VM.prank(agent(HEALTH));
        return transfers.open(DATASET, 1, grant);
    }

    function query(GrantId grant, ConsentId consent) internal returns (TransferId) {
        VM.prank(agent(HEALTH));
        return transfers.query(SERVICE, grant, consent, digest("query"));
    }

    function release(TransferId transfer) internal {
        releaseAs(transfer, manifestOf(1));
    }

    function releaseAs(TransferId transfer, bytes32 manifest) internal {
        VM.prank(agent(LABOUR));
        transfers.release(transfer, manifest, 1, digest("wrap"));
    }

    function acknowledge(TransferId transfer) internal {
        acknowledgeAs(transfer, manifestOf(1));
    }

    function acknowledgeAs(TransferId transfer, bytes32 manifest) internal {
        VM.prank(agent(HEALTH));
        transfers.acknowledge(transfer, manifest, digest("tag"));
    }

    function dispute(TransferId transfer) internal {
        VM.prank(agent(HEALTH));
        transfers.dispute(transfer, why());
    }

    function settle(TransferId transfer) internal {
        VM.prank(agent(HEALTH));
        transfers.settle(transfer, why());
    }

    /// @dev A document from "labour" to "health".
    function sendDocument() internal returns (TransferId) {
        VM.prank(agent(LABOUR));
        return transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
    }

    // ------------------------------------------------------------------ checks
    function expectFrom(address caller, bytes memory refusal) internal {
        VM.prank(caller);
        VM.expectRevert(refusal);
    }

    function expectState(address caller, GrantId grant, GrantState state) internal {
        expectFrom(
            caller,
            abi.encodeWithSelector(IAccessGrants.GrantStateUnexpected.selector, grant, state)
        );
    }

    function expectNotHolding(address caller, GrantId grant, RefusalCause cause) internal {
        expectFrom(
            caller,
            abi.encodeWithSelector(ITransferLog.GrantDoesNotHold.selector, grant, cause)
        );
    }

    function checkState(GrantId grant, GrantState expected) internal view {
        VM.assertEq(uint256(grants.grantOf(grant).state), uint256(expected));
    }

    function checkState(TransferId transfer, TransferState expected) internal view {
        VM.assertEq(uint256(transfers.transferOf(transfer).state), uint256(expected));
    }

    function checkCause(GrantId grant, DepartmentId receiver, RefusalCause expected) internal view {
        VM.assertEq(uint256(causeOf(grant, receiver)), uint256(expected));
    }
}
