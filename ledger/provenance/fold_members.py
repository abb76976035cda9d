"""The rules of the events of members, their accounts and keys: what each requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ledger.events import (
    AccountAdded,
    AccountRemoved,
    AdminResetAnnounced,
    Capability,
    DepartmentAdmitted,
    DepartmentReinstated,
    DepartmentSuspended,
    KeyPublished,
    KeyRetired,
)
from ledger.provenance.members import Department, EncryptionKey
from ledger.provenance.rules import (
    Histories,
    acting,
    known,
    require,
    require_not_retired,
    require_notice,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState

_PUBLIC_KEY_BYTES: Final = 1216


def admitted(state: LedgerState, event: DepartmentAdmitted) -> Histories:
    """A new department, with the next number and a free code."""
    require(event.department == len(state.departments) + 1, event, "the number isn't the next one")
    require(event.code not in state.departments_by_code, event, f"code {event.code!r} is taken")
    require_not_retired(state, event)
    require_notice(event.effective_at, event)
    department = Department(
        id=event.department,
        code=event.code,
        card=event.card,
        admitted_at=event.at.timestamp,
        effective_at=event.effective_at,
    )
    if not state.departments:  # the first is the agency until it hands over
        state.agencies.announce(department.id, event.effective_at, event.at.timestamp)
    state.departments[department.id] = state.departments_by_code[department.code] = department
    return (department.events,)


def suspended(state: LedgerState, event: DepartmentSuspended) -> Histories:
    """A member, neither the agency nor the next one, loses its good standing."""
    department = known(state.departments, event.department, event, "department")
    require_not_agency(state, event, department)
    require(not department.suspended, event, f"{department.code} is suspended already")
    department.suspended = True
    return (department.events,)


def reinstated(state: LedgerState, event: DepartmentReinstated) -> Histories:
    """A suspended member regains its good standing."""
    department = known(state.departments, event.department, event, "department")
    require(department.suspended, event, f"{department.code} isn't suspended")
    department.suspended = False
    return (department.events,)


def account_added(state: LedgerState, event: AccountAdded) -> Histories:
    """An account that is nobody's yet."""
    department = known(state.departments, event.department, event, "department")
    if department.accounts:  # the first comes with the admission
        acting(state, event, event.department)
    require(event.account not in state.accounts, event, f"account {event.account} is taken")
    state.accounts[event.account] = department.id
    department.accounts[event.account] = event.capabilities
    return (department.events,)


def account_removed(state: LedgerState, event: AccountRemoved) -> Histories:
    """An account of the department that isn't its last ADMIN, nor that of a pending reset."""
    department = known(state.departments, event.department, event, "department")
    now = event.at.timestamp
    require(event.account in department.accounts, event, f"{event.account} isn't its account")
    held = department.capabilities(event.account, now)
    require(bool(held), event, f"{event.account} is the ADMIN of a reset that is pending")
    rest = [
        department.capabilities(account, now)
        for account in department.accounts
        if account != event.account
    ]
    require(any(Capability.ADMIN in each for each in rest), event, "it leaves no ADMIN")
    del state.accounts[event.account], department.accounts[event.account]
    return (department.events,)


def key_published(state: LedgerState, event: KeyPublished) -> Histories:
    """The next key, after the one before took effect, with its own digest."""
    department = acting(state, event, event.department)
    now = event.at.timestamp
    require(event.key_number == len(department.keys) + 1, event, "the number isn't the next one")
    require(len(event.public_key) == _PUBLIC_KEY_BYTES, event, "the key isn't 1,216 bytes long")
    digest = hashlib.sha256(event.public_key).digest()
    require(digest == event.digest, event, "the digest isn't the key's")
    require_notice(event.effective_at, event)
    pending = any(key.effective_at > now for key in department.keys.values())
    require(not pending, event, "the key before isn't in effect yet")
    department.keys[event.key_number] = EncryptionKey(
        event.key_number, event.digest, event.public_key, event.effective_at
    )
    return (department.events,)


def key_retired(state: LedgerState, event: KeyRetired) -> Histories:
    """A key that wasn't retired yet."""
    department = known(state.departments, event.department, event, "department")
    key = known(department.keys, event.key_number, event, f"key of {department.code} with number")
    require(not key.retired, event, f"key {key.number} of {department.code} is retired already")
    key.retired = True
    return (department.events,)


def require_not_agency(
    state: LedgerState, event: DepartmentSuspended | AdminResetAnnounced, department: Department
) -> None:
    """Check that a department is neither the agency nor the one that has accepted to be the next.

    Raises:
        IntegrityError: it is.
    """
    coming = state.agencies.pending(event.at.timestamp)
    why = "the agency, and the one to come, can't be suspended or reset"
    require(state.agencies.at(event.at.timestamp) != department.id, event, why)
    require(coming is None or coming[1] != department.id, event, why)
