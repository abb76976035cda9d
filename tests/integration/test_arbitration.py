"""Disputed payloads before an arbiter, and receipts before an auditor, on a real ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.client.versionsecrets import DOCUMENTS, secrets_of
from ledger.codes import Purpose, ReasonCode
from ledger.envelope.arbitration import Party, Verdict
from ledger.envelope.binding import SecretKey, disclosure_wrap_info
from ledger.envelope.wrap import wrap_key
from ledger.errors import (
    ContractError,
    InputError,
    IntegrityError,
    NotFound,
    RecordError,
    RecordUnavailable,
    RefusedError,
)
from ledger.events import KeyDisclosed, SharingClass, TransferState
from ledger.identifiers import record_cid
from ledger.models import Manifest
from ledger.records import digest
from ledger.testing import World
from tests.attacks.modified import act
from tests.rounds import Broken

pytestmark = pytest.mark.integration

CONTENT = b"Minutes of the twelfth of May.\n" * 50_000


@pytest.fixture
def sender(ledger_world: World) -> Ledger:
    return ledger_world.department("labour")


@pytest.fixture
def receiver(ledger_world: World) -> Ledger:
    return ledger_world.department("health")


@pytest.fixture
def arbiter(ledger_world: World) -> Ledger:
    return ledger_world.department("statistics")


@pytest.fixture
def number(sender: Ledger, receiver: Ledger, arbiter: Ledger, tmp_path: Path) -> int:
    """A document that health disputes, naming the statistics office as arbiter."""
    file = tmp_path / "minutes.txt"
    file.write_bytes(CONTENT)
    sent = sender.documents.send("health", file, title="Minutes").transfer
    dispute(receiver, sent, "statistics")
    return sent


def dispute(receiver: Ledger, number: int, *arbiters: str) -> None:
    receiver.transfers.dispute(
        number, reason=ReasonCode.CORRUPT, text="It can't be read.", arbiters=arbiters
    )


def data_key(sender: Ledger, number: int) -> SecretKey:
    manifest = sender.transfers.show(number).manifest
    secrets = secrets_of(sender.session, *DOCUMENTS, bytes(manifest or b""))
    assert secrets is not None
    return secrets.key


def disclose(sender: Ledger, arbiter: Ledger, number: int, key: SecretKey, **other: Any) -> bytes:
    """Disclose any key, wrapped for anything, by a modified client."""
    session = sender.session
    theirs = arbiter.session.me().current_key(session.now())
    assert theirs is not None
    said = {"transfer": number, "code": arbiter.code} | other
    info = disclosure_wrap_info(session.deployment, said["transfer"], said["code"], theirs.number)
    wrapped = other.get("wrapped") or wrap_key(theirs.public_key, key, info)
    me = arbiter.session.me().id
    act(sender, "officer", "TransferLog", "disclose", number, me, theirs.number, digest(wrapped))
    session.ipfs.put_block(wrapped)
    return wrapped


def judged(arbiter: Ledger, number: int) -> tuple[Verdict, Party]:
    found = arbiter.transfers.arbitrate(number, timeout_s=1)
    return found.verdict, found.favours


def test_a_sound_payload_speaks_for_its_sender(
    ledger_world: World, sender: Ledger, receiver: Ledger, arbiter: Ledger, number: int
) -> None:
    with pytest.raises(NotFound, match="labour disclosed no key of transfer 1 to statistics"):
        arbiter.transfers.arbitrate(number, timeout_s=0)
    done = sender.transfers.disclose(number, "statistics")
    assert not done.already
    assert [(item.kind, item.number) for item in arbiter.inbox()] == [("judgement", number)]
    before = {path: path.stat().st_mtime_ns for path in ledger_world.root.rglob("*")}
    found = arbiter.transfers.arbitrate(number)
    assert (found.verdict, found.favours) == (Verdict.SOUND, Party.SENDER)
    assert (found.sender, found.receiver, found.dispute) == ("labour", "health", "corrupt")
    assert found.wrap == done.wrap
    assert found.manifest == sender.transfers.show(number).manifest
    # Nothing of it is left behind.
    files = [path for path in ledger_world.root.rglob("*") if path.is_file()]
    changed = [path for path in files if path.stat().st_mtime_ns != before.get(path)]
    assert not any(b"twelfth of May" in path.read_bytes() for path in changed)

    command = "ledger transfer settle 1 --reason unfounded --text"
    assert found.settlement == f'{command} "sound in the judgement of statistics."'
    with pytest.raises(ContractError):
        arbiter.transfers.settle(number, reason=ReasonCode.UNFOUNDED, text="Sound.")
    ledger_world.department("agency").transfers.settle(
        number, reason=ReasonCode.UNFOUNDED, text="Sound."
    )
    assert receiver.transfers.show(number).state is TransferState.SETTLED
    assert arbiter.inbox() == []
    # What was judged can be judged again.
    assert judged(arbiter, number) == (Verdict.SOUND, Party.SENDER)


def test_a_second_disclosure_to_the_same_arbiter_is_the_first(
    sender: Ledger, arbiter: Ledger, number: int
) -> None:
    first = sender.transfers.disclose(number, "statistics")
    again = sender.transfers.disclose(number, "statistics")
    assert (again.wrap, again.already) == (first.wrap, True)
    events = [one for one in sender.session.chain.events() if isinstance(one, KeyDisclosed)]
    assert len(events) == 1
    assert sender.session.store.unfinished("transfer disclose") == []


def test_only_an_arbiter_whom_the_receiver_named_gets_the_key(
    ledger_world: World, sender: Ledger, receiver: Ledger, number: int
) -> None:
    ledger_world.department("energy")
    refused = "health doesn't accept energy as the arbiter of its dispute: it named statistics"
    with pytest.raises(RefusedError, match=refused):
        sender.transfers.disclose(number, "energy")
    with pytest.raises(InputError, match="not from health"):
        receiver.transfers.disclose(number, "statistics")
    with pytest.raises(NotFound):
        sender.transfers.disclose(number, "statistcs")
    assert sender.transfers.show(number).disclosures == []
    assert sender.session.store.unfinished("transfer disclose") == []


def test_nothing_is_disclosed_without_a_dispute(
    sender: Ledger, receiver: Ledger, arbiter: Ledger, number: int
) -> None:
    receiver.transfers.settle(number, text="It can be read.")
    with pytest.raises(RefusedError, match="is settled: only a disputed"):
        sender.transfers.disclose(number, "statistics")


def test_an_arbiter_that_nobody_named_does_not_judge(
    ledger_world: World, sender: Ledger, number: int
) -> None:
    """The contract can't see whom the receiver accepts; the arbiter's own client can."""
    energy = ledger_world.department("energy")
    disclose(sender, energy, number, data_key(sender, number))
    with pytest.raises(RefusedError, match="doesn't accept energy"):
        energy.transfers.arbitrate(number, timeout_s=1)


LIES: dict[str, dict[str, Any]] = {
    "another key": {"key": SecretKey.generate()},
    "for another transfer": {"transfer": 7},
    "for another arbiter": {"code": "energy"},
    "no wrap at all": {"wrapped": b"nothing"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_sender_that_discloses_something_else_has_the_verdict_against_it(
    sender: Ledger, arbiter: Ledger, number: int, lie: str
) -> None:
    said = {"key": data_key(sender, number)} | LIES[lie]
    disclose(sender, arbiter, number, **said)
    assert judged(arbiter, number) == (Verdict.OTHER_KEY, Party.RECEIVER)
    settlement = arbiter.transfers.arbitrate(number, timeout_s=1).settlement
    assert "well-founded" in str(settlement)


def test_the_disclosed_key_of_another_transfer_opens_nothing(
    sender: Ledger, receiver: Ledger, arbiter: Ledger, number: int, tmp_path: Path
) -> None:
    """Neither the other payload's key, nor its wrap as it was disclosed."""
    file = tmp_path / "other.txt"
    file.write_bytes(b"Something else.")
    other = sender.documents.send("health", file, title="Other").transfer
    dispute(receiver, other, "statistics")
    wrapped = disclose(sender, arbiter, other, data_key(sender, other))
    assert judged(arbiter, other)[0] is Verdict.SOUND
    disclose(sender, arbiter, number, data_key(sender, other))
    assert judged(arbiter, number)[0] is Verdict.OTHER_KEY
    disclose(sender, arbiter, number, data_key(sender, number), wrapped=wrapped)
    assert judged(arbiter, number)[0] is Verdict.OTHER_KEY


def test_a_wrap_that_never_comes_is_no_key(sender: Ledger, arbiter: Ledger, number: int) -> None:
    me, key = arbiter.session.me(), arbiter.session.me().current_key(sender.session.now())
    assert key is not None
    act(sender, "officer", "TransferLog", "disclose", number, me.id, key.number, bytes([7] * 32))
    found = arbiter.transfers.arbitrate(number, timeout_s=0)
    assert (found.verdict, found.favours) == (Verdict.OTHER_KEY, Party.RECEIVER)
    assert "can't be had or opened" in found.why


def test_a_disclosure_from_before_the_cure_is_of_another_release(
    sender: Ledger, receiver: Ledger, arbiter: Ledger, number: int, tmp_path: Path
) -> None:
    sender.transfers.disclose(number, "statistics")
    file = tmp_path / "minutes.txt"
    file.write_bytes(b"Corrected.")
    sender.documents.send("health", file, title="Minutes", again=number)
    dispute(receiver, number, "statistics")
    (task,) = sender.inbox()
    assert task.what == "health disputes a document again: an arbiter may judge it"
    assert arbiter.inbox() == []
    with pytest.raises(NotFound, match="disclosed no key"):
        arbiter.transfers.arbitrate(number, timeout_s=0)
    assert not sender.transfers.disclose(number, "statistics").already
    assert judged(arbiter, number) == (Verdict.SOUND, Party.SENDER)


def test_a_payload_that_nobody_has_decides_nothing(
    sender: Ledger, arbiter: Ledger, number: int
) -> None:
    sender.transfers.disclose(number, "statistics")
    named = sender.transfers.show(number).manifest
    manifest = sender.session.fetch_record(Manifest, bytes(named or b""))

    class Without:
        def __getattr__(self, name: str) -> Any:
            return getattr(arbiter_ipfs, name)

        def read_payload(self, cid: str, offset: int = 0) -> Any:
            assert (cid, offset) == (manifest.payload.cid, 0)
            raise RecordUnavailable(f"no node has {cid}")

    arbiter_ipfs, arbiter.session.ipfs = arbiter.session.ipfs, Without()  # type: ignore[assignment]
    with pytest.raises(RecordUnavailable):
        arbiter.transfers.arbitrate(number)


def test_what_was_disclosed_of_a_version_goes_with_its_key(
    ledger_world: World,
    sender: Ledger,
    receiver: Ledger,
    arbiter: Ledger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "wages.txt"
    file.write_bytes(CONTENT)
    sender.datasets.register("wages", title="Wages", description="All.", sharing=SharingClass.OPEN)
    sender.datasets.publish("labour/wages", file)
    receiver.requests.create(
        "labour/wages",
        purpose=Purpose.PLANNING,
        purpose_text="To plan.",
        legal_basis="Planning Act, section 2",
        retention_days=30,
        security_measures="Locked.",
        valid_days=30,
    )
    number = receiver.transfers.open("labour/wages").transfer
    ledger_world.agent("labour").step()
    dispute(receiver, number, "statistics")
    done = sender.transfers.disclose(number, "statistics")
    assert judged(arbiter, number) == (Verdict.SOUND, Party.SENDER)
    unpinned: list[str] = []
    monkeypatch.setattr(sender.session.ipfs, "unpin", unpinned.append)
    sender.datasets.erase("labour/wages@1", text="Ordered.")
    assert record_cid(done.wrap) in unpinned


@pytest.mark.parametrize(("port", "method"), [("chain", "transact"), ("ipfs", "put_block")])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_disclosure_that_breaks_off_is_finished_even_when_it_was_settled_meanwhile(
    sender: Ledger,
    receiver: Ledger,
    arbiter: Ledger,
    number: int,
    port: str,
    method: str,
    after: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = getattr(sender.session, port)
    real = getattr(target, method)

    def breaking(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(target, method, breaking)
        with pytest.raises(Broken):
            sender.transfers.disclose(number, "statistics")
    if (port, after) != ("chain", False):
        receiver.transfers.settle(number, text="Enough.")
    sender.transfers.disclose(number, "statistics")
    assert judged(arbiter, number) == (Verdict.SOUND, Party.SENDER)
    assert len(sender.transfers.show(number).disclosures) == 1
    assert sender.session.store.unfinished("transfer disclose") == []


# ------------------------------------------------------------------ receipts
@pytest.fixture
def auditor(ledger_world: World) -> Ledger:
    return ledger_world.department("audit-office")


@pytest.fixture
def received(sender: Ledger, receiver: Ledger, auditor: Ledger, tmp_path: Path) -> int:
    """A document that health received."""
    file = tmp_path / "minutes.txt"
    file.write_bytes(CONTENT)
    sent = sender.documents.send("health", file, title="Minutes").transfer
    receiver.documents.receive(sent, tmp_path / "got.txt")
    return sent


def test_an_auditor_sees_that_a_receipt_is_genuine_and_nothing_else(
    ledger_world: World, sender: Ledger, auditor: Ledger, received: int, tmp_path: Path
) -> None:
    out = tmp_path / "receipt.json"
    done = sender.transfers.prove(received, "audit-office", out)
    assert (done.auditor, done.path) == ("audit-office", out)
    data = out.read_bytes()
    assert [one["department"] for one in json.loads(data)["annex"]["recipients"]] == [
        "audit-office",
        "labour",
    ]
    found = auditor.transfers.check_proof(received, data)
    assert (found.sender, found.receiver) == ("labour", "health")
    assert data_key(sender, received).value.hex().encode() not in data
    with pytest.raises(NotFound, match="sealed to a key of agency"):
        ledger_world.department("agency").transfers.check_proof(received, data)
    with pytest.raises(InputError, match="exists already"):
        sender.transfers.prove(received, "audit-office", out)


def test_only_who_sent_it_proves_a_receipt_and_only_to_an_auditing_body(
    sender: Ledger, receiver: Ledger, received: int, tmp_path: Path
) -> None:
    out = tmp_path / "receipt.json"
    with pytest.raises(InputError, match="not from health"):
        receiver.transfers.prove(received, "audit-office", out)
    with pytest.raises(InputError, match="health is no auditing body"):
        sender.transfers.prove(received, "health", out)
    file = tmp_path / "unread.txt"
    file.write_bytes(b"Unread.")
    unread = sender.documents.send("health", file, title="Unread").transfer
    with pytest.raises(RefusedError, match="has no receipt"):
        sender.transfers.prove(unread, "audit-office", out)
    assert not out.exists()


def test_a_proof_of_one_receipt_is_none_of_another(
    sender: Ledger, receiver: Ledger, auditor: Ledger, received: int, tmp_path: Path
) -> None:
    file = tmp_path / "minutes.txt"
    again = sender.documents.send("health", file, title="Minutes").transfer
    receiver.documents.receive(again, tmp_path / "again.txt")
    out = tmp_path / "receipt.json"
    sender.transfers.prove(received, "audit-office", out)
    data = out.read_bytes()
    with pytest.raises(RecordError, match="transfer is 1 in the record, 2 on the chain"):
        auditor.transfers.check_proof(again, data)
    # As if it were of the other one: what is sealed is bound to what is public.
    other = sender.transfers.show(again)
    record = json.loads(data) | {"transfer": again, "manifest": bytes(other.manifest or b"").hex()}
    forged = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(IntegrityError):
        auditor.transfers.check_proof(again, forged)
    for hostile in (b"", b"{}", data[:-1], b"\xff" * 100):
        with pytest.raises(RecordError):
            auditor.transfers.check_proof(received, hostile)


def test_a_receipt_that_was_made_without_the_content_proves_nothing(
    sender: Ledger, receiver: Ledger, auditor: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "minutes.txt"
    file.write_bytes(CONTENT)
    sent = sender.documents.send("health", file, title="Minutes").transfer
    manifest = sender.transfers.show(sent).manifest
    act(receiver, "agent", "TransferLog", "acknowledge", sent, manifest, bytes([1] * 32))
    out = tmp_path / "receipt.json"
    with pytest.raises(IntegrityError, match="receipt tag was not made"):
        sender.transfers.prove(sent, "audit-office", out)
    assert not out.exists()
