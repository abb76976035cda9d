"""To which keys the sealed part of a record is sealed."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.envelope.annex import Recipient
from ledger.envelope.wrap import check_public_key
from ledger.errors import IntegrityError, RefusedError
from ledger.provenance import Department, EncryptionKey, LedgerState


def sealing_keys(
    state: LedgerState, departments: Sequence[Department], now: int
) -> list[Recipient]:
    """The current keys of these departments and of every auditing body.

    Raises:
        RefusedError: one of the departments has no encryption key.
    """
    named = {department.id: department for department in departments}
    auditors = {d.id: d for d in state.departments.values() if d.auditor(now)}
    found = []
    for department in {**auditors, **named}.values():
        key = department.current_key(now)
        if key is not None and (department.id in named or _usable(key)):
            found.append(Recipient(department.code, key.number, key.public_key))
        elif department.id in named:
            raise _no_key(department)
    return found


def party_keys(departments: Sequence[Department], now: int) -> list[Recipient]:
    """The current keys of these departments, and of nobody else.

    Raises:
        RefusedError: one of them has no encryption key.
        IntegrityError: its key is malformed.
    """
    found = []
    for department in departments:
        key = department.current_key(now)
        if key is None:
            raise _no_key(department)
        check_public_key(key.public_key)
        found.append(Recipient(department.code, key.number, key.public_key))
    return found


def sealable(department: Department, now: int) -> bool:
    """Whether anything can be sealed to a department now."""
    key = department.current_key(now)
    return key is not None and _usable(key)


def _no_key(department: Department) -> RefusedError:
    return RefusedError(
        f"{department.code} has no encryption key to seal to",
        hint=f"{department.code} publishes one with: ledger department key publish",
    )


def _usable(key: EncryptionKey) -> bool:
    """Whether anything can be sealed to a key: an auditor's malformed one shall not stop others."""
    try:
        check_public_key(key.public_key)
    except IntegrityError:
        return False
    return True
