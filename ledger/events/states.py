"""The enumerations of the contracts (`contracts/Types.sol`), member for member."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class State(IntEnum):
    """Base of the enumerations: `label` is how people read a member."""

    @property
    def label(self) -> str:
        """The member's name in lower case with hyphens (`overdue-receipts`)."""
        return self.name.lower().replace("_", "-")


class Capability(IntFlag):
    """What an account may do for its department; OFFICER includes all that AGENT may."""

    ADMIN = 1
    OFFICER = 2
    AGENT = 4


class SharingClass(State):
    """Whether a dataset is granted to any member, by its owner's decision, or to nobody."""

    OPEN = 0
    CONDITIONAL = 1
    CLOSED = 2


class DatasetKind(State):
    """A file dataset has versions, a service dataset answers queries."""

    FILE = 0
    SERVICE = 1


class GrantState(State):
    """Where a request, and the grant that it becomes, stands; expiry is computed, never stored."""

    NONE = 0
    REQUESTED = 1
    ACTIVE = 2
    SUSPENDED = 3
    REVOKED = 4
    REFUSED = 5
    WITHDRAWN = 6
    COUNTERED = 7
    RETURNED = 8
    ESCALATED = 9
    ORDERED = 10
    UPHELD = 11


class GrantBasis(State):
    """What made a grant Active."""

    APPROVAL = 0
    OPEN_CLASS = 1
    OFFER = 2
    COUNTER = 3
    ORDER = 4


class TransferState(State):
    """Where a transfer stands; which recalls it is subject to, and which it attested, is apart."""

    NONE = 0
    OPENED = 1
    RELEASED = 2
    ACKNOWLEDGED = 3
    DECLINED = 4
    DISPUTED = 5
    SETTLED = 6


class RefusalCause(State):
    """Why an attempt to open a transfer or query was refused; NONE: the grant holds."""

    NONE = 0
    NO_GRANT = 1
    NOT_ACTIVE = 2
    SUSPENDED = 3
    REVOKED = 4
    EXPIRED = 5
    OVERDUE_RECEIPTS = 6
    REQUESTER_RESET = 7
    NO_CONSENT = 8
