"""Members as commands show them: flat, with names in place of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.cli.story import reason_label
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.client.results import FindingView
    from ledger.provenance import Department


@dataclass(frozen=True)
class DepartmentRow:
    """A member."""

    number: int
    code: str
    membership: str
    standing: int
    groups: tuple[str, ...]
    """Those that it is about to come into included."""
    auditor: bool
    key_number: int | None
    accounts: int
    effective_at: int

    @classmethod
    def of(cls, department: Department, now: int) -> DepartmentRow:
        """Flatten a department."""
        key = department.current_key(now)
        return cls(
            number=department.id,
            code=department.code,
            membership=_membership(department, now),
            standing=department.standing(now),
            groups=tuple(sorted(department.groups)),
            auditor=department.auditor(now),
            key_number=key.number if key else None,
            accounts=len(department.accounts),
            effective_at=department.effective_at,
        )


@dataclass(frozen=True)
class AccountRow:
    """An account that acts for a department."""

    address: str
    capabilities: tuple[str, ...]

    @classmethod
    def all_of(cls, department: Department, now: int) -> list[AccountRow]:
        """Flatten a department's accounts."""
        from ledger.events import Capability

        return [
            cls(address, tuple(str(one.name).lower() for one in Capability if one in held))
            for address in department.accounts
            if (held := department.capabilities(address, now))
        ]


@dataclass(frozen=True)
class KeyRow:
    """An encryption key of a department."""

    number: int
    state: str
    digest: bytes
    effective_at: int

    @classmethod
    def all_of(cls, department: Department, now: int) -> list[KeyRow]:
        """Flatten a department's keys."""
        current = department.current_key(now)
        rows = []
        for number, key in sorted(department.keys.items()):
            state = "in use" if key is current else "replaced"
            if key.retired:
                state = "retired"
            elif key.effective_at > now:
                state = "not yet in use"
            rows.append(cls(number, state, key.digest, key.effective_at))
        return rows


@dataclass(frozen=True)
class GroupRow:
    """A group that a department is in, or will be."""

    group: str
    effective_at: int

    @classmethod
    def all_of(cls, department: Department) -> list[GroupRow]:
        """Flatten a department's groups."""
        return [cls(group, since) for group, since in sorted(department.groups.items())]


@dataclass(frozen=True)
class FindingRow:
    """What the agency or an auditing body found about a department."""

    number: int
    finder: str
    reason: str
    text: str | None
    """None where no node has the record."""
    found_at: int

    @classmethod
    def of(cls, view: FindingView) -> FindingRow:
        """Flatten a finding."""
        return cls(
            number=view.number,
            finder=view.finder,
            reason=reason_label(view.reason_code),
            text=view.record.text if view.record else None,
            found_at=view.found_at,
        )


@dataclass(frozen=True)
class ResetRow:
    """A new ADMIN that the agency announced for a department."""

    admin: str
    reason: str
    state: str
    effective_at: int

    @classmethod
    def all_of(cls, department: Department, now: int) -> list[ResetRow]:
        """Flatten the resets of a department's ADMIN."""
        pending = department.pending_reset(now)
        rows = []
        for reset in department.resets:
            state = "pending" if reset is pending else "in effect"
            if reset.vetoer is not None:
                state = "vetoed"
            reason = reason_label(reset.decision.code)
            rows.append(cls(reset.admin, reason, state, reset.effective_at))
        return rows


def _membership(department: Department, now: int) -> str:
    if department.suspended:
        return "suspended"
    return "member" if department.effective_at <= now else "not yet a member"


DEPARTMENT_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Code", "code"),
    Column("Membership", "membership"),
    Column("Standing", "standing", right=True),
    Column("Groups", "groups"),
    Column("Auditor", "auditor"),
    Column("Key", "key_number", right=True),
    Column("Accounts", "accounts", right=True),
]
ACCOUNT_COLUMNS = [Column("Account", "address"), Column("May act as", "capabilities")]
GROUP_COLUMNS = [Column("Group", "group"), Column("Since", "effective_at")]
KEY_COLUMNS = [
    Column("Key", "number", right=True),
    Column("State", "state"),
    Column("Used from", "effective_at"),
    Column("SHA-256", "digest"),
]
FINDING_COLUMNS = [
    Column("No.", "number", right=True),
    Column("By", "finder"),
    Column("Reason", "reason"),
    Column("What", "text"),
    Column("When", "found_at"),
]
RESET_COLUMNS = [
    Column("New ADMIN", "admin"),
    Column("Reason", "reason"),
    Column("State", "state"),
    Column("From", "effective_at"),
]
