"""Documents between departments, on a real ledger: sent, received, refused, sent again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.client import Ledger
from ledger.client.versionsecrets import DOCUMENTS
from ledger.codes import ReasonCode
from ledger.envelope.annex import Recipient, seal_annex
from ledger.errors import ContractError, InputError, NotFound, RecordError, RefusedError
from ledger.events import DocumentSent, TransferState
from ledger.models import Manifest
from ledger.testing import World
from tests.rounds import Broken, breaking_off

pytestmark = pytest.mark.integration

CONTENT = b"Minutes of the twelfth of May.\n" * 50_000


@pytest.fixture
def sender(ledger_world: World) -> Ledger:
    return ledger_world.department("labour")


@pytest.fixture
def receiver(ledger_world: World) -> Ledger:
    return ledger_world.department("health")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """More than one segment of the payload's encryption."""
    path = tmp_path / "minutes of Mr Featherstone.txt"
    path.write_bytes(CONTENT)
    return path


def send(sender: Ledger, file: Path, **more: Any) -> int:
    return sender.documents.send("health", file, title="Minutes: Featherstone", **more).transfer


def state_of(ledger: Ledger, number: int) -> TransferState:
    return ledger.transfers.show(number).state


def refuse(receiver: Ledger, number: int, reason: ReasonCode) -> None:
    receiver.documents.refuse(number, reason=reason, text="See above.")


def test_a_document_is_received_once_and_only_its_parties_know_what_it_is(
    ledger_world: World, sender: Ledger, receiver: Ledger, file: Path, tmp_path: Path
) -> None:
    number = send(sender, file, note="For the third desk.")
    assert [(item.kind, item.number) for item in receiver.inbox()] == [("document", number)]
    (waiting,) = receiver.documents.inbox()
    assert waiting.content is not None
    assert waiting.content.note == "For the third desk."

    target = tmp_path / "desk"
    target.mkdir()
    got = receiver.documents.receive(number, target)
    assert got.path == target / file.name
    assert got.path.read_bytes() == CONTENT
    assert list(target.iterdir()) == [got.path]
    assert state_of(sender, number) is TransferState.ACKNOWLEDGED
    assert receiver.inbox() == []

    # The receipt is checked like any other, and nobody else may look.
    ledger_world.agent("labour").step()
    assert str(sender.transfers.receipt(number)) == "checked"
    stranger = ledger_world.department("agency")
    assert stranger.documents.show(number).content is None
    with pytest.raises(InputError, match="not to agency"):
        stranger.documents.receive(number, tmp_path / "stolen")
    manifest = stranger.session.ipfs.get_block(got.manifest)
    assert b"Featherstone" not in manifest
    assert b"third desk" not in manifest


def test_a_refused_document_is_sent_again_once(
    sender: Ledger, receiver: Ledger, file: Path, tmp_path: Path
) -> None:
    number = send(sender, file)
    with pytest.raises(RefusedError, match="isn't disputed"):
        send(sender, file, again=number)
    refuse(receiver, number, ReasonCode.CORRUPT)
    assert [item.kind for item in sender.inbox()] == ["dispute"]
    with pytest.raises(RefusedError, match="disputed"):
        receiver.documents.receive(number, tmp_path / "got")

    file.write_bytes(b"Corrected.")
    assert send(sender, file, again=number) == number
    assert receiver.documents.receive(number, tmp_path / "got").path.read_bytes() == b"Corrected."
    refuse(receiver, number, ReasonCode.UNSOLICITED)
    with pytest.raises(RefusedError, match="sent again already"):
        send(sender, file, again=number)


@pytest.mark.parametrize(
    ("reason", "sent"), [(ReasonCode.KEY_UNAVAILABLE, 2), (ReasonCode.NOT_ADDRESSEE, 1)]
)
def test_the_agent_wraps_a_key_again_that_could_not_be_had_and_does_nothing_else(
    ledger_world: World,
    sender: Ledger,
    receiver: Ledger,
    file: Path,
    tmp_path: Path,
    reason: ReasonCode,
    sent: int,
) -> None:
    number = send(sender, file)
    before = sender.transfers.show(number).wrap
    refuse(receiver, number, reason)
    agent: Agent = ledger_world.agent("labour")
    assert agent.step().released == sent - 1
    assert agent.step().released == 0
    history = sender.transfers.show(number).history
    assert len([event for event in history if isinstance(event, DocumentSent)]) == sent
    if sent == 2:
        assert sender.transfers.show(number).wrap != before
        assert receiver.documents.receive(number, tmp_path / "got").path.read_bytes() == CONTENT


STEPS = [
    ("store", "save_data_key"),
    ("ipfs", "add_payload"),
    ("ipfs", "put_block"),
    ("chain", "transact"),
    ("store", "save_wrap"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_what_breaks_off_is_sent_once_by_the_same_command(
    sender: Ledger, receiver: Ledger, file: Path, tmp_path: Path, after: bool, monkeypatch: Any
) -> None:
    session = sender.session
    for turn, (port, method) in enumerate(STEPS, start=1):
        with breaking_off(monkeypatch, getattr(session, port), method, after=after):
            send(sender, file)
        number = send(sender, file)
        assert number == turn, method
        (event,) = sender.transfers.show(number).history
        assert isinstance(event, DocumentSent)
        got = receiver.documents.receive(number, tmp_path / str(number))
        assert got.path.read_bytes() == CONTENT
        assert session.store.data_key(*DOCUMENTS, event.manifest)
    assert session.store.unpublished_wraps() == []


def test_the_wrap_is_in_ipfs_only_once_the_release_is_final(
    sender: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, seen = sender.session, []
    real = session.chain.transact

    def watching(*given: Any, **named: Any) -> Any:
        assert given[2] == "send"
        seen.append(given[6])
        assert not session.ipfs.has_block(given[6])
        return real(*given, **named)

    monkeypatch.setattr(session.chain, "transact", watching)
    number = send(sender, file)
    assert seen == [sender.transfers.show(number).wrap]
    assert session.ipfs.has_block(seen[0])


def test_what_the_ledger_refuses_leaves_neither_payload_nor_key(
    ledger_world: World, sender: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned: list[str] = []
    real = sender.session.ipfs.add_payload

    def noting(chunks: Any, name: str) -> str:
        pinned.append(name)
        return real(chunks, name)

    monkeypatch.setattr(sender.session.ipfs, "add_payload", noting)
    ledger_world.department("agency").agency.suspend(
        "health", reason=ReasonCode.MISUSE, text="For a while."
    )
    with pytest.raises(ContractError, match="suspended"):
        send(sender, file)
    assert len(pinned) == 1
    assert sender.session.ipfs.pinned(pinned[0]) == []
    with pytest.raises(InputError, match="another department"):
        sender.documents.send("labour", file, title="To myself")


def forge(sender: Ledger, number: int, name: str) -> None:
    """Labour's modified client resends a document whose file has a name that no client writes."""
    session = sender.session
    old = sender.transfers.show(number)
    honest = session.fetch_record(Manifest, bytes(old.manifest or b""))
    to = session.state().department("health")
    key = to.current_key(session.now())
    assert key is not None
    forged = seal_annex(
        honest.model_copy(update={"annex": None}),
        {"title": "Minutes", "name": name},
        [Recipient(to.code, key.number, key.public_key)],
        deployment=session.deployment,
    )
    wrap = hashlib.sha256(b"no matter").digest()
    digest = session.publish_record(forged)
    session.decide("forge", "TransferLog", "resend", number, digest, key.number, wrap)


def test_a_hostile_file_name_leads_nowhere(
    sender: Ledger, receiver: Ledger, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    for name in ("../../outside", "/etc/passwd", "a\\b", "..", ".bashrc"):
        number = send(sender, file)
        refuse(receiver, number, ReasonCode.OTHER)
        forge(sender, number, name)
        with pytest.raises((RecordError, InputError)):
            receiver.documents.receive(number, folder)
        assert state_of(receiver, number) is TransferState.RELEASED
        # It can be seen that something came; a hidden file's name is shown, and may be overruled.
        shown = receiver.documents.show(number)
        assert (shown.content is None) == (name != ".bashrc")
    assert list(folder.parent.rglob("*")) == [folder]
    assert not (tmp_path / "outside").exists()


def test_nothing_but_documents_is_taken_for_one(receiver: Ledger) -> None:
    assert receiver.documents.list() == []
    with pytest.raises(NotFound, match="there is no transfer 1"):
        receiver.documents.show(1)


def test_a_cure_that_breaks_off_behind_its_transaction_is_finished(
    sender: Ledger,
    receiver: Ledger,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = send(sender, file)
    refuse(receiver, number, ReasonCode.CORRUPT)

    def breaking(*_: object) -> None:
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(sender.session.store, "save_wrap", breaking)
        with pytest.raises(Broken):
            send(sender, file, again=number)
    assert sender.transfers.show(number).cured
    assert send(sender, file, again=number) == number
    assert receiver.documents.receive(number, tmp_path / "got").path.read_bytes() == CONTENT
