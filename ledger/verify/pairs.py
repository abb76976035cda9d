"""Records that have to agree with each other, which no contract can see: offers with what was asked
under them, payloads with what was granted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.errors import IntegrityError
from ledger.events import AccessRequested, Event, TransferReleased
from ledger.identifiers import Digest
from ledger.models import Manifest, Offer, RecordModel, Terms
from ledger.provenance import LedgerState
from ledger.verify.contents import check_record
from ledger.verify.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Half:
    """One of two records, by its digest."""

    digest: Digest
    kind: type[RecordModel]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that an event ties together: one says what the other may be."""

    subject: str
    """What the second is, for people."""
    permitting: Half
    permitted: Half
    check: Callable[[Any, Any], None]


def pairs(event: Event, state: LedgerState) -> list[Pair]:
    """The records that this event, which `state` has folded, ties together; mostly none."""
    if isinstance(event, AccessRequested) and event.offer:
        offer = Half(state.offers[event.offer].terms.digest, Offer)
        asked = Half(event.terms, Terms)
        return [Pair(f"terms of request {event.grant}", offer, asked, Offer.require_covers)]
    if isinstance(event, TransferReleased):
        transfer = state.transfers[event.transfer]
        if transfer.whole_version is None and transfer.grant is not None:
            granted = Half(state.grants[transfer.grant].terms, Terms)
            made = Half(event.manifest, Manifest)
            return [Pair(f"manifest of transfer {event.transfer}", granted, made, _require_granted)]
    return []


def check_pair(pair: Pair, permitting: bytes | None, permitted: bytes | None) -> list[Finding]:
    """Where two records don't agree; what is wrong with one of them alone is found elsewhere."""
    one, other = _read(pair.permitting, permitting), _read(pair.permitted, permitted)
    if one is None or other is None:
        return []
    try:
        pair.check(one, other)
    except IntegrityError as error:
        expected = f"what the record {pair.permitting.digest.hex()} permits"
        return [Finding(Severity.ALTERED, pair.subject, "record", expected, error.message)]
    return []


def _read(half: Half, data: bytes | None) -> RecordModel | None:
    try:
        return None if data is None else check_record(half.digest, data, half.kind)
    except IntegrityError:
        return None


def _require_granted(terms: Terms, manifest: Manifest) -> None:
    manifest.require_granted(terms.fields)
