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
    found = named_keys(departments, now)
    named = {department.id for department in departments}
    for department in state.departments.values():
        key = department.current_key(now)
        if department.id in named or not department.auditor(now) or key is None:
            continue
        if _usable(key):
            found.append(Recipient(department.code, key.number, key.public_key))
    return found


def named_keys(departments: Sequence[Department], now: int) -> list[Recipient]:
    """The current keys of these departments alone, each once.

    Raises:
        RefusedError: one of the departments has no encryption key.
    """
    found = []
    for department in {one.id: one for one in departments}.values():
        key = department.current_key(now)
        if key is None:
            raise RefusedError(
                f"{department.code} has no encryption key to seal to",
                hint=f"{department.code} publishes one with: ledger department key publish",
            )
        found.append(Recipient(department.code, key.number, key.public_key))
    return found


def _usable(key: EncryptionKey) -> bool:
    """Whether anything can be sealed to a key: an auditor's malformed one shall not stop others."""
    try:
        check_public_key(key.public_key)
    except IntegrityError:
        return False
    return True
