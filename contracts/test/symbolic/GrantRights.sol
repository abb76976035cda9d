// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DatasetId, DepartmentId, GrantId, OfferId} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev Who may make the calls of {AccessGrants}.
abstract contract GrantRights is Symbolic {
    function check_request(address by, DatasetId dataset, IAccessGrants.Terms memory terms) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(grants),
            abi.encodeCall(grants.request, (dataset, terms))
        );
    }

    function check_request_under_an_offer(
        address by,
        OfferId offer,
        IAccessGrants.Terms memory terms
    ) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(grants),
            abi.encodeCall(grants.requestUnderOffer, (offer, terms))
        );
    }

    function check_accept(address by, GrantId grant, bytes32 terms) public {
        may(
            isRequesters(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.accept, (grant, terms))
        );
    }

    function check_resubmit(address by, GrantId grant, IAccessGrants.Terms memory terms) public {
        may(
            isRequesters(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.resubmit, (grant, terms))
        );
    }

    function check_withdraw_a_request(address by, GrantId grant) public {
        may(isRequesters(by, grant), by, address(grants), abi.encodeCall(grants.withdraw, (grant)));
    }

    function check_escalate(address by, GrantId grant) public {
        may(
            isRequesters(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.escalate, (grant, why()))
        );
    }

    function check_approve(address by, GrantId grant, bytes32 terms) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.approve, (grant, terms))
        );
    }

    function check_counter(address by, GrantId grant, IAccessGrants.Terms memory terms) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.counter, (grant, terms))
        );
    }

    function check_return_for_completion(address by, GrantId grant) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.returnForCompletion, (grant, why()))
        );
    }

    function check_refuse(address by, GrantId grant) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.refuse, (grant, why()))
        );
    }

    function check_comply(address by, GrantId grant, bytes32 terms) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.comply, (grant, terms))
        );
    }

    function check_extend(address by, GrantId grant, uint40 validUntil) public {
        may(
            isGrantOwners(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.extend, (grant, validUntil))
        );
    }

    function check_resume(address by, GrantId grant) public {
        may(isGrantOwners(by, grant), by, address(grants), abi.encodeCall(grants.resume, (grant)));
    }

    function check_suspend_a_grant(address by, GrantId grant) public {
        may(
            isJudges(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.suspend, (grant, why()))
        );
    }

    function check_revoke(address by, GrantId grant) public {
        may(
            isJudges(by, grant),
            by,
            address(grants),
            abi.encodeCall(grants.revoke, (grant, why()))
        );
    }

    function check_rule(address by, GrantId grant, bytes32 terms, bool order) public {
        may(
            isOfAgency(by),
            by,
            address(grants),
            abi.encodeCall(grants.rule, (grant, terms, order, why()))
        );
    }

    function check_publish_an_offer(
        address by,
        DatasetId dataset,
        IAccessGrants.Offer memory offered
    ) public {
        offered.group = 0;
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(grants),
            abi.encodeCall(grants.publishOffer, (dataset, offered))
        );
    }

    function check_retire_an_offer(address by, OfferId offer) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(grants),
            abi.encodeCall(grants.retireOffer, (offer, why()))
        );
    }

    function isRequesters(address by, GrantId grant) private view returns (bool) {
        try grants.grantOf(grant) returns (IAccessGrants.Grant memory found) {
            return holds(by, found.requester, Capability.OFFICER);
        } catch {
            return false;
        }
    }

    function isGrantOwners(address by, GrantId grant) private view returns (bool) {
        try grants.grantOf(grant) returns (IAccessGrants.Grant memory found) {
            return holds(by, found.owner, Capability.OFFICER);
        } catch {
            return false;
        }
    }

    /// @dev Of a grant made under an order, the agency alone.
    function isJudges(address by, GrantId grant) private view returns (bool) {
        try grants.grantOf(grant) returns (IAccessGrants.Grant memory found) {
            DepartmentId judge = found.ordered ? departments.agency() : found.owner;
            return holds(by, judge, Capability.OFFICER);
        } catch {
            return false;
        }
    }
}

contract GrantRightsCheck is GrantRights, Check {}

contract GrantRightsReach is GrantRights, Reach {}
