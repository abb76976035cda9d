// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "../Checks.sol";
import {
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    OfferId,
    Reason,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {GrantStore} from "./GrantStore.sol";

/// @title Standing permissions: whoever fits is granted at once
abstract contract Offers is GrantStore {
    /// @dev Three slots:
    ///
    ///     bits  256, 256
    ///           digest, group
    ///     bits  32       32     40           8        16       8         8          8          40          32
    ///           dataset  owner  publishedAt  retired  purpose  standing  allFields  onwardUse  validUntil  longest
    struct StoredOffer {
        bytes32 digest;
        bytes32 group;
        DatasetId dataset;
        DepartmentId owner;
        uint40 publishedAt;
        bool retired;
        uint16 purpose;
        uint8 standing;
        bool allFields;
        bool onwardUse;
        uint40 validUntil;
        uint32 longest;
    }

    mapping(OfferId offer => StoredOffer) private _offers;

    // ------------------------------------------------------------------ calls of the owner
    /// @inheritdoc IAccessGrants
    function publishOffer(
        DatasetId dataset,
        Offer calldata offered
    ) external returns (OfferId offer) {
        DepartmentId owner = _requireOfferable(dataset);
        _authorizeOwner(dataset, owner);
        requireDigest(offered.digest);
        if (offered.group != 0 && !isCode(offered.group))
            revert IDepartmentRegistry.GroupNameInvalid(offered.group);
        _requireFuture(offered.validUntil);
        if (offered.longest == 0) revert LongestMissing();
        offer = OfferId.wrap(++offerCount);
        _offers[offer] = StoredOffer({
            digest: offered.digest,
            group: offered.group,
            dataset: dataset,
            owner: owner,
            publishedAt: uint40(block.timestamp),
            retired: false,
            purpose: offered.purpose,
            standing: offered.standing,
            allFields: offered.allFields,
            onwardUse: offered.onwardUse,
            validUntil: offered.validUntil,
            longest: offered.longest
        });
        _recordOffer(offer, dataset, offered);
    }

    /// @inheritdoc IAccessGrants
    function retireOffer(OfferId offer, Reason calldata reason) external {
        StoredOffer storage ended = _existingOffer(offer);
        DatasetId dataset = ended.dataset;
        _authorizeOwner(dataset, ended.owner);
        if (ended.retired) revert OfferIsRetired(offer);
        requireReason(reason);
        ended.retired = true;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, OfferRetired.selector, block.timestamp, offer, dataset, reason)
        );
        emit OfferRetired(offer, dataset, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ calls of the requester
    /// @inheritdoc IAccessGrants
    function requestUnderOffer(
        OfferId offer,
        Terms calldata terms
    ) external returns (GrantId grant) {
        StoredOffer storage offered = _existingOffer(offer);
        DatasetId dataset = offered.dataset;
        DepartmentId owner = _requireOfferable(dataset);
        (DepartmentId requester, uint40 respondBy) = departments.authorizeRequest(
            msg.sender,
            owner
        );
        if (owner == requester) revert OwnDataset(dataset);
        if (offered.retired) revert OfferIsRetired(offer);
        if (!_covers(offered, terms) || !_isFor(offered, requester))
            revert OfferDoesNotFit(offer, requester);
        grant = _create(true, offer, dataset, requester, owner, 1, respondBy, terms);
        _recordActivation(grant, dataset, requester, terms.digest, GrantBasis.Offer);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IAccessGrants
    function offerOf(
        OfferId offer
    )
        external
        view
        returns (DatasetId dataset, uint40 publishedAt, bool retired, Offer memory offered)
    {
        StoredOffer storage found = _existingOffer(offer);
        (dataset, publishedAt, retired) = (found.dataset, found.publishedAt, found.retired);
        offered = Offer({
            digest: found.digest,
            group: found.group,
            purpose: found.purpose,
            standing: found.standing,
            allFields: found.allFields,
            onwardUse: found.onwardUse,
            validUntil: found.validUntil,
            longest: found.longest
        });
    }

    // ------------------------------------------------------------------ internal
    function _recordOffer(OfferId offer, DatasetId dataset, Offer calldata offered) private {
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                OfferPublished.selector,
                block.timestamp,
                offer,
                dataset,
                offered.group,
                offered.digest,
                offered.purpose,
                offered.standing,
                offered.allFields,
                offered.onwardUse,
                offered.validUntil,
                offered.longest
            )
        );
        emit OfferPublished(
            offer,
            dataset,
            offered.group,
            offered.digest,
            offered.purpose,
            offered.standing,
            offered.allFields,
            offered.onwardUse,
            offered.validUntil,
            offered.longest
        );
    }

    /// @dev Whether the terms ask for no more than is offered now.
    function _covers(
        StoredOffer storage offered,
        Terms calldata terms
    ) private view returns (bool) {
        uint16 purpose = offered.purpose;
        return
            block.timestamp < offered.validUntil &&
            (purpose == 0 || purpose == terms.purpose) &&
            (offered.allFields || !terms.allFields) &&
            (offered.onwardUse || !terms.onwardUse) &&
            terms.validUntil <= block.timestamp + offered.longest;
    }

    function _isFor(
        StoredOffer storage offered,
        DepartmentId requester
    ) private view returns (bool) {
        return
            departments.qualifies(requester, offered.group, offered.standing, offered.publishedAt);
    }

    /// @dev The dataset's owner, if offers may be made of it and used.
    function _requireOfferable(DatasetId dataset) private view returns (DepartmentId) {
        (DepartmentId owner, SharingClass sharing, uint8 approvals) = datasets.requestRules(
            dataset
        );
        if (sharing == SharingClass.Closed) revert DatasetIsClosed(dataset);
        if (approvals > 1) revert DatasetNeedsTwoApprovals(dataset);
        return owner;
    }

    function _existingOffer(OfferId offer) private view returns (StoredOffer storage found) {
        found = _offers[offer];
        if (found.publishedAt == 0) revert OfferUnknown(offer);
    }
}
