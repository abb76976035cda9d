// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DepartmentId,
    GrantId,
    GrantState,
    OfferId,
    RefusalCause,
    SharingClass
} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev What one call on a request or grant leads to, from whatever state.
abstract contract GrantSteps is Symbolic {
    function check_approvals_name_the_terms(address by, GrantId grant, bytes32 terms) public {
        IAccessGrants.Grant memory before = grants.grantOf(grant);
        may(
            before.state == GrantState.Requested &&
                before.terms == terms &&
                time < before.validUntil,
            by,
            address(grants),
            abi.encodeCall(grants.approve, (grant, terms))
        );
    }

    function check_two_officers_approve(address by, GrantId grant, bytes32 terms) public {
        IAccessGrants.Grant memory before = grants.grantOf(grant);
        VM.assume(before.approvals > 1);
        address first = grants.firstApprover(grant);
        if (!calls(by, address(grants), abi.encodeCall(grants.approve, (grant, terms)))) return;
        bool active = grants.grantOf(grant).state == GrantState.Active;
        allows(!active || (first != address(0) && first != by));
    }

    function check_complying_names_the_terms(address by, GrantId grant, bytes32 terms) public {
        IAccessGrants.Grant memory before = grants.grantOf(grant);
        may(
            before.state == GrantState.Ordered && before.terms == terms && time < before.validUntil,
            by,
            address(grants),
            abi.encodeCall(grants.comply, (grant, terms))
        );
    }

    function check_accepting_names_the_counter(address by, GrantId grant, bytes32 terms) public {
        IAccessGrants.Grant memory before = grants.grantOf(grant);
        may(
            before.state == GrantState.Countered &&
                grants.counterOf(grant).digest == terms &&
                time < before.clock,
            by,
            address(grants),
            abi.encodeCall(grants.accept, (grant, terms))
        );
    }

    function check_rulings_make_nothing_active(
        address by,
        GrantId grant,
        bytes32 terms,
        bool order
    ) public {
        IAccessGrants.Grant memory before = grants.grantOf(grant);
        bytes memory call_ = abi.encodeCall(grants.rule, (grant, terms, order, why()));
        if (!calls(by, address(grants), call_)) return;
        allows(
            before.state == GrantState.Escalated &&
                before.terms == terms &&
                !isOf(by, before.requester) &&
                grants.grantOf(grant).state == (order ? GrantState.Ordered : GrantState.Upheld)
        );
    }

    function check_requests_are_active_at_once_only_where_open(
        address by,
        DatasetId dataset,
        IAccessGrants.Terms memory terms
    ) public {
        answersAnything(address(datasets));
        (DepartmentId owner, SharingClass sharing, ) = datasets.requestRules(dataset);
        bytes memory call_ = abi.encodeCall(grants.request, (dataset, terms));
        if (!calls(by, address(grants), call_)) return;
        IAccessGrants.Grant memory made = grants.grantOf(GrantId.wrap(grants.grantCount()));
        allows(
            sharing != SharingClass.Closed &&
                !isOf(by, owner) &&
                (made.state == GrantState.Active) == (sharing == SharingClass.Open)
        );
    }

    function check_offers_grant_no_more_than_they_say(
        address by,
        OfferId offer,
        IAccessGrants.Terms memory terms
    ) public {
        answersAnything(address(datasets));
        (, uint40 publishedAt, bool retired, IAccessGrants.Offer memory offered) = grants.offerOf(
            offer
        );
        (DepartmentId own, ) = departments.accountOf(by);
        bool qualifies = departments.qualifies(own, offered.group, offered.standing, publishedAt);
        may(
            qualifies &&
                !retired &&
                time < offered.validUntil &&
                (offered.purpose == 0 || offered.purpose == terms.purpose) &&
                (offered.allFields || !terms.allFields) &&
                (offered.onwardUse || !terms.onwardUse) &&
                terms.validUntil <= time + offered.longest,
            by,
            address(grants),
            abi.encodeCall(grants.requestUnderOffer, (offer, terms))
        );
    }

    function check_what_is_revoked_stays_so(address by, GrantId grant, uint8 which) public {
        VM.assume(grants.grantOf(grant).state == GrantState.Revoked);
        calls(by, address(grants), _anyCall(grant, which));
        allows(grants.grantOf(grant).state == GrantState.Revoked);
    }

    function check_a_grant_that_holds_is_active_and_decided_since_the_last_reset(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) public view {
        (RefusalCause cause, , , ) = grants.permission(grant, dataset, receiver);
        if (cause != RefusalCause.None) return;
        IAccessGrants.Grant memory found = grants.grantOf(grant);
        allows(
            found.state == GrantState.Active &&
                time < found.validUntil &&
                found.requester == receiver &&
                DatasetId.unwrap(found.dataset) == DatasetId.unwrap(dataset) &&
                found.clock >= departments.lastReset(receiver)
        );
    }

    function _anyCall(GrantId grant, uint8 which) private view returns (bytes memory) {
        IAccessGrants.Terms memory terms = IAccessGrants.Terms(
            bytes32("terms"),
            1,
            true,
            true,
            uint40(time + 1)
        );
        if (which == 0) return abi.encodeCall(grants.approve, (grant, terms.digest));
        if (which == 1) return abi.encodeCall(grants.accept, (grant, terms.digest));
        if (which == 2) return abi.encodeCall(grants.comply, (grant, terms.digest));
        if (which == 3) return abi.encodeCall(grants.resume, (grant));
        if (which == 4) return abi.encodeCall(grants.resubmit, (grant, terms));
        if (which == 5) return abi.encodeCall(grants.counter, (grant, terms));
        if (which == 6) return abi.encodeCall(grants.withdraw, (grant));
        if (which == 7) return abi.encodeCall(grants.escalate, (grant, why()));
        if (which == 8) return abi.encodeCall(grants.suspend, (grant, why()));
        if (which == 9) return abi.encodeCall(grants.rule, (grant, terms.digest, true, why()));
        if (which == 10) return abi.encodeCall(grants.refuse, (grant, why()));
        if (which == 11) return abi.encodeCall(grants.returnForCompletion, (grant, why()));
        return abi.encodeCall(grants.extend, (grant, uint40(time + 2)));
    }
}

contract GrantStepsCheck is GrantSteps, Check {}

contract GrantStepsReach is GrantSteps, Reach {}
