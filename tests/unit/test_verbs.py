"""Verbs over in-memory twins: what they make of records, keys and receipts that aren't as they
should be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.client.payloads import Writing, checked_ciphertext
from ledger.codes import ReasonCode
from ledger.errors import (
    ConfigError,
    ContractError,
    FileChanged,
    InputError,
    RecordError,
    RecordUnavailable,
    RefusedError,
)
from ledger.events import (
    AdminResetVetoed,
    Capability,
    Event,
    KeyRetired,
    RefusalCause,
    RequestRefused,
    SharingClass,
    TransferRefused,
)
from ledger.identifiers import record_cid
from ledger.models import Terms
from ledger.silence import Silence
from tests.unit import samples
from tests.unit.chapters import alter_last, counter, reset
from tests.unit.office import LEAFLETS, LOOKUP, NEWCOMER, UNTIL, Office, Scene, opened, two_homes
from tests.unit.samples import answer, terms
from tests.unit.story import EMPLOYMENT, HEALTH, LABOUR, START, account, edit


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with two_homes(tmp_path) as made:
        yield made


def test_nothing_is_sealed_to_who_has_no_key(scene: Scene) -> None:
    labour, health = scene.labour, scene.health
    health.story.emit(KeyRetired, department=HEALTH, key_number=1)
    with pytest.raises(RefusedError, match="health has no encryption key to seal to"):
        labour.ledger.requests.refuse(2, reason=ReasonCode.OTHER, text="No.", grounds="Secret.")
    with pytest.raises(RefusedError, match="health has no encryption key to seal to"):
        health.ledger.queries.ask("labour/lookup", {"year": 2000})
    assert labour.chain.sent == health.chain.sent == []


def test_a_home_that_was_not_admitted_says_whom_to_turn_to(scene: Scene, tmp_path: Path) -> None:
    with opened(scene.labour.story, tmp_path, "newcomer") as office:
        with pytest.raises(ConfigError, match="no department 'newcomer' yet") as refused:
            office.ledger.inbox()
        assert "to be admitted" in str(refused.value.hint)


def test_a_transaction_that_did_something_else_is_no_success(scene: Scene) -> None:
    """What a node tells of a transaction, or a contract of another version did."""
    labour = scene.labour
    labour.chain.contracts = lambda *_: ()
    with pytest.raises(RecordError, match="0 DatasetRegistered events, expected 1"):
        labour.ledger.datasets.register("jobs", title="Jobs", description="All.")


def test_a_refusal_by_the_contracts_names_departments_and_datasets(scene: Scene) -> None:
    def refuse(*_: object) -> list[Event]:
        arguments = {"dataset": EMPLOYMENT, "department": HEALTH, "owner": 77, "grant": 2}
        raise ContractError(
            "{dataset} is {owner}'s, not {department}'s: {grant}",
            hint="ledger dataset show {dataset}",
            name="NotTheOwner",
            arguments=arguments,
            spoken={name: str(number) for name, number in arguments.items()},
        )

    scene.labour.chain.contracts = refuse
    with pytest.raises(ContractError) as refused:
        scene.labour.ledger.requests.approve(2)
    assert (
        refused.value.message == str(refused.value) == "labour/employment is 77's, not health's: 2"
    )
    assert refused.value.hint == "ledger dataset show labour/employment"
    assert refused.value.arguments["department"] == HEALTH


def test_a_dataset_without_its_record_is_searched_by_its_name(scene: Scene) -> None:
    assert [one.dataset.name for one in scene.health.ledger.datasets.search("regist")] == [
        "labour/register"
    ]
    assert scene.health.ledger.datasets.search("jobs month register") == []


def test_a_record_that_cannot_be_had_is_told_with_what_it_is(scene: Scene) -> None:
    office = scene.health
    office.ipfs.missing.add(record_cid(office.session.state().grant(2).terms))
    with pytest.raises(RecordUnavailable) as refused:
        office.ledger.requests.terms(2)
    assert refused.value.message.startswith("a record (terms) can't be had: no node has baf")
    assert refused.value.hint == "see all: ledger audit verify"


def test_a_ciphertext_that_cannot_be_had_is_told_as_such(scene: Scene) -> None:
    with pytest.raises(RecordUnavailable, match=r"^the ciphertext can't be had: no node has baf"):
        list(checked_ciphertext(scene.health.session, samples.manifest()))


@pytest.mark.parametrize(
    ("fault", "said"), [("missing", "no node has it"), ("corrupt", "other bytes than record ")]
)
def test_a_reason_that_was_altered_is_not_told_as_absent(
    scene: Scene, fault: str, said: str
) -> None:
    office = scene.labour
    named = office.put(samples.reason())
    decided = office.story.because(RequestRefused, office.story.request(EMPLOYMENT))
    getattr(office.ipfs, fault).add(record_cid(named))
    (why,) = office.ledger.reasons([replace(decided, reason=named)])
    assert (why.unreadable or "").startswith(said)


def test_who_gets_no_standing_keeps_its_own(scene: Scene) -> None:
    until = scene.labour.chain.head().timestamp
    counted = scene.labour.ledger.scorecards.count(
        since=START, until=until, standings={"health": 7}
    )
    assert {line.department: line.standing for line in counted} == {
        "agency": 0,
        "audit-office": 0,
        "department-5": 0,
        "health": 7,
        "labour": 0,
    }


# ------------------------------------------------------------------ requests and deliveries
def test_the_same_request_until_the_same_time_is_not_sent_again(scene: Scene) -> None:
    terms = scene.health.ledger.requests.terms(2)
    asked = {
        name: getattr(terms, name)
        for name in (
            "purpose",
            "purpose_text",
            "legal_basis",
            "retention_days",
            "security_measures",
        )
    }
    again = scene.health.ledger.requests.create(terms.dataset, **asked, valid_until=UNTIL)
    assert (again.grant, again.already) == (2, True)
    with pytest.raises(AssertionError, match="request was called"):
        scene.health.ledger.requests.create(terms.dataset, **asked, valid_until=UNTIL + 1)


def test_a_closed_dataset_is_not_to_be_requested_after_all(scene: Scene) -> None:
    office = scene.health
    office.story.publish(LEAFLETS, 1)
    edit(office.story, dataset=LEAFLETS, sharing=SharingClass.CLOSED)
    office.chain.contracts = lambda *_: [
        office.story.emit(
            TransferRefused,
            dataset=LEAFLETS,
            receiver=HEALTH,
            grant=0,
            dataset_version=1,
            cause=RefusalCause.NO_GRANT,
        )
    ]
    with pytest.raises(RefusedError, match="labour/leaflets is closed") as refused:
        office.ledger.transfers.open("labour/leaflets")
    assert str(refused.value.hint).endswith("ledger dataset show labour/leaflets")


def test_a_delivery_goes_to_no_file_that_stands_for_stdout(scene: Scene) -> None:
    with pytest.raises(InputError, match="can't go to stdout"):
        scene.health.ledger.transfers.fetch("labour/employment", Path("-"))
    with pytest.raises(InputError, match="can't go to stdout"):
        scene.health.ledger.documents.receive(1, Path("-"))


def test_a_counter_may_be_for_all_columns(scene: Scene) -> None:
    office = scene.labour
    some = terms(fields=("month",), valid_until=UNTIL)
    request = office.story.request(
        EMPLOYMENT, terms=office.put(some), all_fields=False, valid_until=UNTIL
    )
    office.chain.contracts = lambda function, number, call: [
        counter(office.story, request, terms=call[0], purpose=call[1], all_fields=call[2])
    ]
    office.ledger.requests.counter(request.grant, all_fields=True)
    assert office.session.state().grant(request.grant).counter is not None
    (sent,) = office.chain.sent
    offered = office.session.fetch_record(Terms, sent.arguments[1][0])
    assert (offered.fields, offered.counter_by, sent.arguments[1][2]) == (None, "labour", True)


def test_the_terms_of_a_grant_end_the_retention_of_all_that_came_under_it(scene: Scene) -> None:
    health = scene.health
    story = health.story
    request = story.request(
        EMPLOYMENT,
        terms=health.put(terms(valid_until=UNTIL, retention_days=2)),
        valid_until=UNTIL,
    )
    story.activate(request)
    for _ in range(2):
        story.acknowledge(story.release(story.open(request)))
    assert not [one for one in health.ledger.inbox() if one.kind == "retention"]
    story.pass_time(3 * 86_400)
    story.admit(NEWCOMER + 1)
    assert [one.number for one in health.ledger.inbox() if one.kind == "retention"] == [2, 3]


def test_an_answer_larger_than_any_is_not_fetched(scene: Scene) -> None:
    health = scene.health
    story = health.story
    about = {"dataset": "labour/lookup", "valid_until": UNTIL}
    request = story.request(LOOKUP, terms=health.put(terms(**about)), valid_until=UNTIL)
    story.activate(request)
    asked = story.query(request)
    manifest = answer(dataset="labour/lookup", query=asked.query, plaintext_size_bytes=4**14)
    story.release(asked, manifest=health.put(manifest))
    with pytest.raises(RecordError, match="more than 67,108,864 bytes"):
        health.ledger.queries.receive(asked.transfer)
    assert health.chain.sent == []


def test_a_receipt_whose_key_is_not_here_is_proven_to_nobody(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="data key of transfer 1, or its content's hash"):
        scene.labour.ledger.transfers.prove(1, "audit-office", tmp_path / "proof")
    assert not (tmp_path / "proof").exists()


# ------------------------------------------------------------------ a reset
def vetoing(office: Office) -> None:
    """The agency gives labour another ADMIN; labour's home has accounts of its own."""
    announced = reset(office.story, LABOUR)
    office.chain.contracts = lambda function: [
        office.story.emit(
            AdminResetVetoed,
            department=LABOUR,
            admin=announced.admin,
            vetoer=account(LABOUR, Capability.OFFICER),
        )
    ]


def test_any_account_that_still_acts_stops_a_reset(scene: Scene) -> None:
    office = scene.labour
    vetoing(office)
    officer = office.accounts.signer("officer").address
    # The ADMIN's file is lost, and nobody knows of the agent's account.
    del office.accounts.signers["admin"]
    with pytest.raises(ConfigError, match="no account of this home acts for labour"):
        office.ledger.department.veto_reset()
    office.story.add_account(LABOUR, Capability.OFFICER)
    alter_last(office.story, account=officer)
    office.ledger.department.veto_reset()
    assert [(sent.account, sent.function) for sent in office.chain.sent] == [(officer, "vetoReset")]


def test_an_account_that_was_removed_stops_no_reset(scene: Scene) -> None:
    office = scene.labour
    vetoing(office)
    agent = office.accounts.signer("agent").address
    office.story.add_account(LABOUR, Capability.AGENT)
    alter_last(office.story, account=agent)
    office.ledger.department.veto_reset()
    assert [sent.account for sent in office.chain.sent] == [agent]


# ------------------------------------------------------------------ files
def test_a_document_that_changes_between_its_two_readings_is_not_sent(scene: Scene) -> None:
    labour, file = scene.labour, scene.file
    content, before = file.read_bytes(), set(labour.ipfs.content)

    class Meanwhile(Silence):
        """Changes the file once it was read, and not its size."""

        def advance(self, amount: int) -> None:
            file.write_bytes(content[::-1])

    labour.session.progress = Meanwhile()
    with pytest.raises(FileChanged):
        labour.ledger.documents.send("health", file, title="Jobs")
    assert set(labour.ipfs.content) == before
    assert labour.chain.sent == []


def test_what_is_written_in_passing_is_complete(tmp_path: Path) -> None:
    """More than is held back from the disk, in pieces of any size."""
    pieces = [bytes([number]) * size for number, size in enumerate((7, 9 * 2**20, 1, 2**20))]
    with (tmp_path / "out").open("wb") as file:
        writing = Writing(file)
        for piece in pieces:
            writing.take(piece)
    whole = b"".join(pieces)
    assert (tmp_path / "out").read_bytes() == whole
    assert (writing.size_bytes, writing.digest()) == (len(whole), hashlib.sha256(whole).digest())
