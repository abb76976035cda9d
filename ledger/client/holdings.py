"""What a department holds in IPFS: the records that concern it, and its versions' ciphertexts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from ledger.client.returning import erased_for_good, own_versions
from ledger.client.session import Session
from ledger.client.versionsecrets import PUBLISHING
from ledger.errors import IntegrityError
from ledger.events import Event
from ledger.models import Manifest, Payload
from ledger.unixfs import PayloadHash
from ledger.verify import references


@dataclass(frozen=True)
class Ciphertext:
    """A version's payload as IPFS has it; running through `chunks` checks it to the last byte."""

    version: str
    cid: str
    size_bytes: int
    chunks: Iterator[bytes]


class Holdings:
    """Finds what another IPFS node would need to stand in for this department's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.missing: list[str] = []
        """Versions whose manifest or ciphertext no node has."""

    def records(self) -> Iterator[bytes]:
        """Each record that concerns the department and that the node has, once."""
        ipfs = self._session.ipfs
        for named in self._digests():
            # The others are kept by whoever published them: they aren't waited for here.
            if ipfs.has_block(named):
                with suppress(IntegrityError):
                    yield ipfs.get_block(named)

    def ciphertexts(self) -> Iterator[Ciphertext]:
        """The ciphertext of each version that wasn't erased; run through one before the next."""
        for manifest, version in self._manifests().items():
            try:
                payload = self._session.fetch_record(Manifest, manifest).payload
                chunks = self._session.ipfs.read_payload(payload.cid)
                first = next(chunks, b"")
            except IntegrityError:
                # Also what no node has: `RecordUnavailable`.
                self.missing.append(version)
                continue
            checked = _checked(chain([first], chunks), payload, version)
            yield Ciphertext(version, payload.cid, payload.size_bytes, checked)

    def _manifests(self) -> dict[bytes, str]:
        session = self._session
        published = {
            bytes(version.manifest): f"{dataset.name}@{version.number}"
            for dataset, version in own_versions(session.state(), session.code)
            if not erased_for_good(version)
        }
        return self._underway() | published

    def _underway(self) -> dict[bytes, str]:
        """What publications that aren't finished name on the chain, or will."""
        return {
            bytes.fromhex(str(intent.state["manifest"])): "a version that is being published"
            for intent in self._session.store.unfinished(PUBLISHING)
            if "manifest" in intent.state
        }

    def _digests(self) -> Iterator[bytes]:
        state = self._session.state()
        digests = [one.digest for event in self._events() for one in references(event, state)]
        yield from dict.fromkeys([*digests, *self._underway()])

    def _events(self) -> Iterable[Event]:
        state = self._session.state()
        me = state.departments_by_code.get(self._session.code)
        if me is None:
            return
        yield from me.history
        for dataset in state.datasets.values():
            if dataset.owner == me.id:
                yield from dataset.history
        for grant in state.grants.values():
            if grant.requester == me.id:
                yield from grant.history


def _checked(chunks: Iterable[bytes], payload: Payload, version: str) -> Iterator[bytes]:
    found = PayloadHash()
    for chunk in chunks:
        found.update(chunk)
        yield chunk
    if found.cid() != payload.cid:
        raise IntegrityError(
            f"the ciphertext of {version} in IPFS has another hash than its manifest names",
            hint="back up with --without-payloads, and look after the IPFS node",
        )
