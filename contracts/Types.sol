// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// Ids of different kinds can't be mixed up. All are sequential from 1; 0 means "none".
type DepartmentId is uint32;
type DatasetId is uint32;
type NeedId is uint32;
type ConsentId is uint32;
type OfferId is uint32;
type GrantId is uint32;
type TransferId is uint64;
type RecallId is uint32;

using {sameDepartment as ==, otherDepartment as !=} for DepartmentId global;

function sameDepartment(DepartmentId a, DepartmentId b) pure returns (bool) {
    return DepartmentId.unwrap(a) == DepartmentId.unwrap(b);
}

function otherDepartment(DepartmentId a, DepartmentId b) pure returns (bool) {
    return DepartmentId.unwrap(a) != DepartmentId.unwrap(b);
}

/// @dev What an account may do for its department, as a bit set. OFFICER includes all that AGENT may.
library Capability {
    uint8 internal constant ADMIN = 1;
    uint8 internal constant OFFICER = 2;
    uint8 internal constant AGENT = 4;
    uint8 internal constant ALL = 7;
}

enum SharingClass {
    Open,
    Conditional,
    Closed
}

/// @dev A file dataset has versions; a service dataset answers queries.
enum DatasetKind {
    File,
    Service
}

/// @dev The same number is a request first and a grant later. `Expired` is computed, never stored.
enum GrantState {
    None,
    Requested,
    Active,
    Suspended,
    Revoked,
    Refused,
    Withdrawn,
    Countered,
    Returned,
    Escalated,
    Ordered,
    Upheld
}

/// @dev What made a grant Active.
enum GrantBasis {
    Approval,
    OpenClass,
    Offer,
    Counter,
    Order
}

/// @dev `Version` is served with the version's own manifest, `Derived` (some fields of it) never is. The numbers are
/// those in a payload's associated data.
enum PayloadKind {
    None,
    Version,
    Document,
    Answer,
    Derived
}

/// @dev Whether a release is recalled or attested is told by the recalls, of which one release may have several.
enum TransferState {
    None,
    Opened,
    Released,
    Acknowledged,
    Declined,
    Disputed,
    Settled
}

/// @dev Why an attempt to open a transfer or query was refused; `None` means that the grant holds.
enum RefusalCause {
    None,
    NoGrant,
    NotActive,
    Suspended,
    Revoked,
    Expired,
    OverdueReceipts,
    RequesterReset,
    NoConsent
}

/// @dev How long each party has, in seconds; a deadline is block time plus its period.
struct Periods {
    uint32 respond;
    uint32 release;
    uint32 acknowledge;
    uint32 comply;
    uint32 attest;
}

/// @dev A reason code with the SHA-256 of the reason record; the code list is in the specification of records.
struct Reason {
    uint16 code;
    bytes32 digest;
}
