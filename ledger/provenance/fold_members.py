"""The rules of `DepartmentRegistry`'s events: what each requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ledger.events import (
    AccountAdded,
    AccountRemoved,
    AuditorAppointed,
    Capability,
    DeadlinesSet,
    DepartmentAdmitted,
    DepartmentReinstated,
    DepartmentSuspended,
    Event,
    KeyPublished,
    KeyRetired,
)
from ledger.identifiers import DepartmentId
from ledger.provenance.members import Department, EncryptionKey, Periods
from ledger.provenance.rules import AGENCY, Histories, acting, known, require

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState

_PUBLIC_KEY_BYTES: Final = 1216


def admitted(state: LedgerState, event: DepartmentAdmitted) -> Histories:
    """A new department, with the next number and a free code."""
    require(event.department == len(state.departments) + 1, event, "the number isn't the next one")
    require(event.code not in state.departments_by_code, event, f"code {event.code!r} is taken")
    department = Department(
        id=event.department,
        code=event.code,
        card=event.card,
        admitted_at=event.at.timestamp,
        effective_at=event.effective_at,
    )
    state.departments[department.id] = state.departments_by_code[department.code] = department
    return (department.events,)


def suspended(state: LedgerState, event: DepartmentSuspended) -> Histories:
    """A member, not the agency, loses its standing."""
    department = _department(state, event, event.department)
    require(department.id != AGENCY, event, "the agency can't be suspended")
    require(not department.suspended, event, f"{department.code} is suspended already")
    department.suspended = True
    return (department.events,)


def reinstated(state: LedgerState, event: DepartmentReinstated) -> Histories:
    """A suspended member regains its standing."""
    department = _department(state, event, event.department)
    require(department.suspended, event, f"{department.code} isn't suspended")
    department.suspended = False
    return (department.events,)


def auditor_appointed(state: LedgerState, event: AuditorAppointed) -> Histories:
    """A member becomes an auditing body."""
    department = _department(state, event, event.department)
    require(not department.auditor, event, f"{department.code} is an auditor already")
    department.auditor = True
    return (department.events,)


def account_added(state: LedgerState, event: AccountAdded) -> Histories:
    """An account that is nobody's yet."""
    department = _department(state, event, event.department)
    require(event.account not in state.accounts, event, f"account {event.account} is taken")
    state.accounts[event.account] = department.id
    department.accounts[event.account] = event.capabilities
    return (department.events,)


def account_removed(state: LedgerState, event: AccountRemoved) -> Histories:
    """An account of the department that isn't its last ADMIN."""
    department = _department(state, event, event.department)
    require(event.account in department.accounts, event, f"{event.account} isn't its account")
    rest = [caps for account, caps in department.accounts.items() if account != event.account]
    require(any(Capability.ADMIN in caps for caps in rest), event, "it leaves no ADMIN")
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
    require(event.effective_at >= now, event, "it takes effect before it was published")
    pending = any(key.effective_at > now for key in department.keys.values())
    require(not pending, event, "the key before isn't in effect yet")
    department.keys[event.key_number] = EncryptionKey(
        event.key_number, event.digest, event.public_key, event.effective_at
    )
    return (department.events,)


def key_retired(state: LedgerState, event: KeyRetired) -> Histories:
    """A key that wasn't retired yet."""
    department = _department(state, event, event.department)
    key = known(department.keys, event.key_number, event, f"key of {department.code} with number")
    require(not key.retired, event, f"key {key.number} of {department.code} is retired already")
    key.retired = True
    return (department.events,)


def deadlines_set(state: LedgerState, event: DeadlinesSet) -> Histories:
    """New periods, which replace those that were set but aren't in force yet."""
    agency = _department(state, event, event.agency)
    require(agency.id == AGENCY, event, f"{agency.code} isn't the agency")
    require(event.effective_at >= event.at.timestamp, event, "it takes effect before it was set")
    state.periods = [p for p in state.periods if p.effective_at <= event.at.timestamp]
    state.periods.append(
        Periods(
            respond=event.respond,
            release=event.release,
            acknowledge=event.acknowledge,
            comply=event.comply,
            attest=event.attest,
            effective_at=event.effective_at,
        )
    )
    return (agency.events,)


def _department(state: LedgerState, event: Event, number: DepartmentId) -> Department:
    return known(state.departments, number, event, "department")
