"""What the events say about departments: their accounts, keys and standing, and the agency's acts.

Only the fold changes these objects; to everybody else they are to be read. What depends on the
time is a method: `now` is block time, in Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.events import Capability, Event
from ledger.identifiers import Address, Code, DepartmentId, Digest, KeyNumber
from ledger.provenance.times import Decision, Schedule


@dataclass(frozen=True, slots=True)
class Periods:
    """How long each party has, in seconds, for deadlines that begin at `effective_at` or later."""

    respond: int
    release: int
    acknowledge: int
    comply: int
    attest: int
    effective_at: int


@dataclass(frozen=True, slots=True)
class Retirement:
    """The deployment, by its digest, that takes over at `effective_at` (Unix s)."""

    successor: Digest
    effective_at: int


@dataclass(slots=True)
class EncryptionKey:
    """A department's public encryption key; releases use it from `effective_at` (Unix s) on."""

    number: KeyNumber
    digest: Digest
    public_key: bytes = field(repr=False)
    """The raw X-Wing key, 1,216 bytes, checked against `digest`."""
    effective_at: int
    retired: bool = False


@dataclass(frozen=True, slots=True)
class PublishedFinding:
    """What the agency or an auditing body, `finder`, found about a department."""

    finder: DepartmentId
    decision: Decision


@dataclass(slots=True)
class Reset:
    """A new ADMIN that the agency gives to a department at `effective_at` (Unix s)."""

    admin: Address
    decision: Decision
    effective_at: int
    vetoer: Address | None = None
    """The department's account that stopped it."""


def last_reset(resets: list[Reset], now: int) -> int:
    """When the last of these that took effect did, or 0."""
    done = [reset.effective_at for reset in resets if reset.vetoer is None]
    return max((effective_at for effective_at in done if now >= effective_at), default=0)


@dataclass(slots=True)
class Department:
    """A member: what it is, what acts for it, what is encrypted to it. Times in Unix seconds."""

    id: DepartmentId
    code: Code
    card: Digest
    admitted_at: int
    effective_at: int
    suspended: bool = False
    auditor_since: int | None = None
    """Since when it is, or was, an auditing body."""
    auditor_until: int | None = None
    """When its appointment ends or has ended, if that is announced."""
    groups: dict[Code, int] = field(default_factory=dict)
    """Since when it is in each group, or will be."""
    standings: Schedule[int] = field(default_factory=Schedule)
    findings: list[PublishedFinding] = field(default_factory=list)
    resets: list[Reset] = field(default_factory=list)
    """Every reset of its ADMIN that was announced, vetoed or not."""
    accounts: dict[Address, Capability] = field(default_factory=dict)
    """Those of an announced reset included; `capabilities` tells whether one may act."""
    keys: dict[KeyNumber, EncryptionKey] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it: its own, and those where it is owner, requester or receiver."""
        return tuple(self.events)

    def member(self, now: int) -> bool:
        """Whether its admission has taken effect."""
        return now >= self.effective_at

    def in_good_standing(self, now: int) -> bool:
        """Whether it is a member and not suspended."""
        return self.member(now) and not self.suspended

    def auditor(self, now: int) -> bool:
        """Whether it is an auditing body."""
        ended = self.auditor_until is not None and now >= self.auditor_until
        return self.auditor_since is not None and not ended

    def in_group(self, group: Code, now: int) -> bool:
        """Whether it is in a group of the agency's."""
        since = self.groups.get(group)
        return since is not None and now >= since

    def standing(self, now: int) -> int:
        """The standing that offers ask for; a member starts with 0."""
        return self.standings.at(now) or 0

    def capabilities(self, account: Address, now: int) -> Capability:
        """What an account may do for it; nothing for the ADMIN of a reset that is pending."""
        pending = self.pending_reset(now)
        if pending is not None and pending.admin == account:
            return Capability(0)
        return self.accounts.get(account, Capability(0))

    def pending_reset(self, now: int) -> Reset | None:
        """The announced reset that is neither in effect nor vetoed."""
        if not self.resets or self.resets[-1].vetoer is not None:
            return None
        latest = self.resets[-1]
        return latest if now < latest.effective_at else None

    def last_reset(self, now: int) -> int:
        """When the last reset took effect, or 0: what was granted before doesn't hold."""
        return last_reset(self.resets, now)

    def qualifies(self, group: Code | None, standing: int, since: int, now: int) -> bool:
        """Whether an offer that was made at `since` for a group and a standing fits it."""
        grouped = group is None or self.in_group(group, now)
        return grouped and self.standing(now) >= standing and since >= self.last_reset(now)

    def current_key(self, now: int) -> EncryptionKey | None:
        """The key that releases must use: the latest in effect, unless it is retired."""
        for number in sorted(self.keys, reverse=True):
            key = self.keys[number]
            if now >= key.effective_at:
                return None if key.retired else key
        return None
