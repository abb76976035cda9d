"""Subjects under attack: consents that others made or moved, tags that others guess or copy."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import coincurve
import pytest

from ledger.client.revealing import opening
from ledger.codes import Purpose, ReasonCode
from ledger.config import Home
from ledger.envelope.annex import Recipient, seal_annex
from ledger.envelope.binding import SecretKey
from ledger.envelope.consents import consent_digest, consent_link, sign_consent, signer_of
from ledger.envelope.papers import ConsentPaper, make_consent, make_enrolment
from ledger.envelope.subjects import hidden_tag, owner_subject_key, subject_tag
from ledger.errors import ContractError, InputError, IntegrityError, NotFound, RefusedError
from ledger.events import SubjectTagged
from ledger.identifiers import Code
from ledger.models import ConsentLink, Manifest, OpeningContent, TagOpening
from ledger.opening import opened_auditor
from ledger.silence import Silence
from ledger.testing import World
from tests.attacks.modified import act
from tests.persons import (
    DAY_S,
    KEY,
    OTHER_KEY,
    SOMEBODY,
    STATUS,
    SUBJECT,
    Served,
    consent,
    directory,
    register,
    withdrawal,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def served(ledger_world: World, tmp_path: Path) -> Served:
    """A service that needs consents; its subject is enrolled."""
    found = Served(ledger_world, tmp_path)
    found.enrol()
    return found


@pytest.fixture
def free(ledger_world: World, tmp_path: Path) -> Served:
    """A service that needs none; its subject is enrolled."""
    found = Served(ledger_world, tmp_path, consent_needed=False)
    found.enrol()
    return found


def forged(served: Served, paper: ConsentPaper, **said: Any) -> ConsentPaper:
    """A consent in which something was changed, signed anew by a key of the forger's."""
    key = SecretKey(secrets.token_bytes(32))
    changed = paper.model_copy(update=said)
    deployment = served.asker.session.chain.deployment
    digest = consent_digest(
        changed.signed(),
        chain_id=deployment.chain_id,
        contract=deployment.contracts["ConsentRegistry"].address,
    )
    signed = {"signer": signer_of(key), "signature": sign_consent(key, digest)}
    return changed.model_copy(update=signed)


def record(served: Served, paper: ConsentPaper) -> Any:
    """Record a consent by a modified client, which checks nothing."""
    said = paper.signed()
    terms = (said.dataset, said.receiver, said.purpose, said.valid_until, said.withdrawal)
    session = served.asker
    return act(session, "agent", "ConsentRegistry", "record", terms, paper.signature)


# ------------------------------------------------------------------ consents
def test_a_consent_is_good_for_nothing_but_what_was_signed(served: Served) -> None:
    register(served.owner, "other")
    paper = consent(served.asker)
    number = served.owner.state().dataset("labour/other").id
    energy = served.owner.state().department("energy")
    said: dict[str, Any]
    for said in (
        {"dataset": "labour/other", "dataset_number": number},
        {"receiver": "energy", "receiver_number": energy.id},
        {"purpose": Purpose.LAW_ENFORCEMENT},
        {"valid_until": paper.valid_until + DAY_S},
    ):
        moved = paper.model_copy(update=said)
        with pytest.raises(IntegrityError, match="signature"):
            served.asker.consents.record(moved.to_bytes())
        # A modified client records it: by whom it seems to be signed then, nobody has enrolled.
        recorded = record(served, moved)
        assert recorded.events[0].signer != paper.signer
        paper = consent(served.asker)


def test_a_consent_of_another_deployment_is_somebody_else_s_here(served: Served) -> None:
    listed = directory(served.asker)
    elsewhere = listed.deployment.model_copy(update={"chain_id": 1})
    agreed = listed.agreed(STATUS, "health", Purpose.ELIGIBILITY, listed.made_at + DAY_S)
    paper = make_consent(KEY, agreed, elsewhere)
    with pytest.raises(InputError, match="another ledger"):
        served.asker.consents.record(paper.to_bytes())
    number = record(served, paper).events[0].consent
    assert served.asker.state().consent(number).signer != paper.signer
    here = listed.deployment.digest
    link = consent_link(owner_subject_key(KEY, Code("labour")), here, paper.signer)
    named = ConsentLink(number=number, link=link)
    with served.world.running_agent("labour"), pytest.raises(RefusedError, match="unfit"):
        served.asker.queries.ask(STATUS, {}, subject=SUBJECT, consent=named)


def test_the_names_beside_the_numbers_must_be_theirs(served: Served) -> None:
    """A wrong directory: the subject reads one name, and signs another's number."""
    register(served.owner, "other")
    listed = directory(served.asker)
    other = next(one for one in listed.services if one.name == "labour/other")
    swapped = listed.agreed(STATUS, "health", Purpose.ELIGIBILITY, listed.made_at + DAY_S)
    paper = make_consent(KEY, replace(swapped, dataset_number=other.number), listed.deployment)
    with pytest.raises(InputError, match="but what is signed is"):
        served.asker.consents.record(paper.to_bytes())


def test_a_consent_that_the_asker_signed_itself_is_declined(served: Served) -> None:
    """A forged signature: valid, and by a key of the one who wants the data."""
    paper = consent(served.asker)
    own = forged(served, paper)
    number = served.asker.consents.record(own.to_bytes()).consent
    with pytest.raises(RefusedError, match="consent-unfit"):
        served.ask(number)
    assert all(transfer.manifest is None for transfer in served.owner.state().transfers.values())


def test_a_consent_of_another_person_is_declined(served: Served) -> None:
    served.enrol(SOMEBODY, OTHER_KEY)
    number = served.consented(OTHER_KEY)
    with pytest.raises(RefusedError, match="consent-unfit"):
        served.ask(number, SUBJECT)


def test_a_link_of_another_consent_deployment_or_owner_is_declined(served: Served) -> None:
    first, second = consent(served.asker), consent(served.asker)
    number = served.asker.consents.record(first.to_bytes()).consent
    deployment = served.asker.session.deployment
    labour = owner_subject_key(KEY, Code("labour"))
    for link in (
        second.link,
        consent_link(labour, bytes(32), first.signer),
        consent_link(owner_subject_key(KEY, Code("energy")), deployment, first.signer),
        bytes(32),
    ):
        named = ConsentLink(number=number, link=link)
        with (
            served.world.running_agent("labour"),
            pytest.raises(RefusedError, match="consent-unfit"),
        ):
            served.asker.queries.ask(STATUS, {}, subject=SUBJECT, consent=named)


def test_a_query_that_names_another_consent_than_the_chain_is_declined(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other = served.consented(), served.consented(OTHER_KEY)
    real = served.asker.session.act

    def lying(capability: Any, contract: Any, function: str, *arguments: Any, key: str) -> Any:
        if function == "query":
            dataset, grant, _, query = arguments
            arguments = (dataset, grant, other, query)
        return real(capability, contract, function, *arguments, key=key)

    monkeypatch.setattr(served.asker.session, "act", lying)
    with pytest.raises(RefusedError, match="consent-unfit"):
        served.ask(good)


def test_a_consent_that_is_withdrawn_before_the_release_stops_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = consent(served.asker)
    number = served.asker.consents.record(paper.to_bytes()).consent
    with pytest.raises(Exception, match="was not released"):
        served.asker.queries.ask(
            STATUS, {}, subject=SUBJECT, consent=served.asker.consents.link(number), timeout_s=0
        )
    agent, session = served.world.agent("labour"), served.owner.session
    save_wrap, raced = session.store.save_wrap, []

    def at_the_last_moment(wrap: Any) -> None:
        save_wrap(wrap)
        if not raced:
            raced.append(True)
            served.window.consents.withdraw(withdrawal(paper))

    monkeypatch.setattr(session.store, "save_wrap", at_the_last_moment)
    done = agent.step()
    assert (raced, done.released, done.declined) == ([True], 0, 1)
    (transfer,) = served.owner.state().transfers.values()
    assert transfer.decision is not None
    assert transfer.decision.code == ReasonCode.CONSENT_UNFIT
    # The key that was wrapped already is nowhere but at its owner.
    wrap = session.store.wrap(transfer.id, 0)
    assert wrap is not None
    assert not wrap.published


def test_a_withdrawal_that_somebody_used_up_is_told(served: Served) -> None:
    """Whoever sees a consent before it is recorded can record another with its withdrawal."""
    paper = consent(served.asker)
    squatter = forged(served, paper, purpose=Purpose.RESEARCH)
    number = record(served, squatter).events[0].consent
    with pytest.raises(RefusedError, match=f"consent {number}, by another signer") as caught:
        served.asker.consents.record(paper.to_bytes())
    assert "makes a new consent" in str(caught.value.hint)
    # Nothing is asked under the squatter's, and the subject's next one is as good.
    with pytest.raises(NotFound, match="does not have the file"):
        served.asker.consents.link(number)
    assert served.ask(served.consented()).rows == 1


@pytest.mark.parametrize("how", ["high s", "recovery byte", "short"])
def test_a_signature_in_another_form_is_refused_by_the_contract(served: Served, how: str) -> None:
    paper = consent(served.asker)
    signature = paper.signature
    if how == "high s":
        order = int.from_bytes(coincurve.utils.GROUP_ORDER, "big")
        s = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
        signature = signature[:32] + s + bytes([55 - signature[64]])
    elif how == "recovery byte":
        signature = signature[:64] + bytes([signature[64] - 27])
    else:
        signature = signature[:64]
    said = paper.signed()
    terms = (said.dataset, said.receiver, said.purpose, said.valid_until, said.withdrawal)
    with pytest.raises(ContractError, match="signature"):
        act(served.asker, "agent", "ConsentRegistry", "record", terms, signature)


# ------------------------------------------------------------------ enrolments
def test_an_enrolment_sealed_to_another_owner_is_of_no_use(free: Served) -> None:
    deployment = free.owner.session.deployment
    energy = free.world.department("energy")
    key = energy.session.me().current_key(energy.session.now())
    assert key is not None
    stolen = Recipient(Code("energy"), key.number, key.public_key)
    record = make_enrolment(KEY, SUBJECT, stolen, deployment=deployment)
    with pytest.raises(InputError, match="for energy, not for labour"):
        free.owner.enrolments.brought(record.to_bytes())
    # Relabelled by whoever carries it, it doesn't open.
    relabelled = record.model_copy(update={"owner": Code("labour")})
    with pytest.raises((NotFound, IntegrityError)):
        free.owner.enrolments.brought(relabelled.to_bytes())
    labour = directory(free.owner).owner("labour")
    mine = make_enrolment(KEY, SUBJECT, labour, deployment=deployment)
    with pytest.raises(IntegrityError):
        free.owner.enrolments.brought(mine.model_copy(update={"subject": SOMEBODY}).to_bytes())
    elsewhere = make_enrolment(KEY, SUBJECT, labour, deployment=bytes(32))
    with pytest.raises(IntegrityError):
        free.owner.enrolments.brought(elsewhere.to_bytes())


def test_a_document_that_is_no_enrolment_enrols_nobody(free: Served, tmp_path: Path) -> None:
    file = tmp_path / "hostile.json"
    for data in (b"{}", b"[" * 2_000_000, b"\xff" * 100):
        file.write_bytes(data)
        sent = free.window.documents.send("labour", file, title="Enrolment")
        with pytest.raises(InputError, match="this is no enrolment"):
            free.owner.enrolments.sent(sent.transfer)
        file.unlink()
    with pytest.raises(InputError, match="not to health"):
        free.asker.enrolments.sent(sent.transfer)
    assert len(free.owner.enrolments.list()) == 1


# ------------------------------------------------------------------ tags
def marked(served: Served, transfer: int) -> SubjectTagged:
    history = served.window.transfers.show(transfer).history
    return next(event for event in history if isinstance(event, SubjectTagged))


def test_nobody_without_the_key_can_tell_whom_a_tag_is_about(free: Served) -> None:
    """Every member knows deployment, nonce and tag, and the register's numbers can be guessed."""
    got, again = free.ask(), free.ask()
    tag = marked(free, got.transfer).tag
    deployment = free.window.session.deployment
    manifest = free.window.session.fetch_record(Manifest, got.manifest)
    nonce = manifest.subject_nonce
    assert nonce is not None
    assert subject_tag(owner_subject_key(KEY, Code("labour")), deployment, nonce) == tag
    guesses = [
        SecretKey(owner_subject_key(KEY, Code("energy")).value),  # another owner's
        SecretKey(owner_subject_key(KEY, Code("interior")).value),
        owner_subject_key(SecretKey(SUBJECT.encode().ljust(32, b"\0")), Code("labour")),
        SecretKey(bytes(32)),
    ]
    assert all(subject_tag(guess, deployment, nonce) != tag for guess in guesses)
    # Nor that two answers are about the same.
    assert marked(free, again.transfer).tag != tag
    second = free.window.session.fetch_record(Manifest, again.manifest)
    assert second.subject_nonce != nonce


def release(served: Served, subject: tuple[Any, ...] | None, monkeypatch: Any) -> int:
    """An answer that labour's modified agent marks so; the number of its transfer."""
    with pytest.raises(Exception, match="was not released"):
        served.asker.queries.ask(STATUS, {}, subject=SOMEBODY, timeout_s=0)
    agent, session = served.world.agent("labour"), served.owner.session
    real = session.act

    def lying(capability: Any, contract: Any, function: str, *arguments: Any, key: str) -> Any:
        if function == "release" and subject is not None:
            return real(capability, contract, "releaseTagged", *arguments, subject, key=key)
        return real(capability, contract, function, *arguments, key=key)

    with monkeypatch.context() as patched:
        patched.setattr(session, "act", lying)
        assert agent.step().released == 1
    return int(max(served.owner.state().transfers))


def test_a_tag_that_is_copied_from_another_transfer_finds_nobody(
    free: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = free.ask()
    tag = marked(free, got.transfer).tag
    plain = (tag, 0, bytes(32), (0, bytes(32)))
    number = release(free, plain, monkeypatch)
    # Its manifest has no nonce, so the receiver takes it for wrong, and so does the subject.
    found = free.log()
    assert ([use.transfer for use in found.about_me], found.unreadable) == (
        [got.transfer],
        (number,),
    )
    with pytest.raises(IntegrityError, match="subjectNonce"):
        free.asker.queries.receive(number)
    (wrong,) = audit(free)
    assert wrong.subject == f"manifest of transfer {number}"
    assert "subjectNonce" in wrong.found


def audit(served: Served) -> Any:
    """What the verifier finds."""
    served.world.department("audit-office")
    with opened_auditor(Home.load(served.world.root / "audit-office"), Silence()) as auditor:
        return auditor.verify().findings


def test_a_hidden_tag_opens_to_what_was_hidden_and_to_nothing_else(free: Served) -> None:
    until = free.owner.session.now() + 30 * DAY_S
    free.owner.grants.hide(
        free.grant,
        until=until,
        reason=ReasonCode.COURT_ORDER,
        text="By order.",
        legal_ground="Code, section 100",
    )
    got = free.ask()
    auditor = free.world.department("audit-office")
    hidden = auditor.transfers.show(got.transfer).subjects[0]
    reveal = ("officer", "TransferLog", "reveal", got.transfer)
    # Early, by a modified client; with another time it isn't what was hidden.
    opened = opening(auditor.session, auditor.transfers.show(got.transfer), hidden)
    for time, error in ((until, "RevealTooEarly"), (1, "TagMismatch")):
        with pytest.raises(ContractError) as caught:
            act(auditor, *reveal, opened.tag, opened.salt, time)
        assert caught.value.name == error
    with pytest.raises(ContractError) as caught:
        act(free.asker, *reveal, opened.tag, opened.salt, until)
    assert caught.value.name == "NotTheSender"
    for tag, salt in ((bytes(32), opened.salt), (opened.tag, bytes(32))):
        with pytest.raises(ContractError) as caught:
            act(free.owner, *reveal, tag, salt, until)
        assert caught.value.name == "TagMismatch"
    # A stranger, who may read the record, can't open it.
    with pytest.raises(NotFound):
        opening(free.window.session, free.window.transfers.show(got.transfer), hidden)


def test_an_opening_of_something_else_is_found_by_the_auditor(
    free: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner hides a tag and seals another opening, so that it could never be revealed."""
    session = free.owner.session
    tag, salt = secrets.token_bytes(32), secrets.token_bytes(32)
    commitment, until = hidden_tag(tag, salt), session.now() + DAY_S
    number = len(free.owner.state().transfers) + 1
    record = TagOpening(
        sender=free.owner.code, transfer=number, commitment=commitment, hidden_until=until
    )
    content = OpeningContent(tag=tag, salt=bytes(32))
    sealed = seal_annex(
        record,
        content.to_members(),
        session.recipients([session.me()]),
        deployment=session.deployment,
    )
    named = session.publish_record(sealed)
    mark = (commitment, until, named, (int(ReasonCode.COURT_ORDER), named))
    assert release(free, mark, monkeypatch) == number
    free.world.advance(2 * DAY_S)
    auditor = free.world.department("audit-office")
    (item,) = [item for item in auditor.inbox() if item.kind == "reveal"]
    assert item.number == number
    with pytest.raises(IntegrityError, match="not those that were hidden"):
        auditor.transfers.reveal(number)
