"""Answers about subjects on a real ledger: rested on consents, marked, found, hidden, revealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.client.erasure import replace_archive_key
from ledger.codes import Purpose, ReasonCode
from ledger.envelope.papers import make_enrolment
from ledger.errors import InputError, NotFound, RefusedError, WaitTimeout
from ledger.events import QueryOpened, SubjectTagged, TransferReleased, TransferState
from ledger.models import Manifest, Reason
from ledger.testing import World
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
    withdrawal,
)
from tests.rounds import break_off_at_each

pytestmark = pytest.mark.integration


@pytest.fixture
def served(ledger_world: World, tmp_path: Path) -> Served:
    """A service that needs consents, which nobody has given yet."""
    return Served(ledger_world, tmp_path)


@pytest.fixture
def free(ledger_world: World, tmp_path: Path) -> Served:
    """A service that needs no consents."""
    return Served(ledger_world, tmp_path, consent_needed=False)


def hide(served: Served, days: int = 30) -> int:
    """Order that answers hide whom they are about; until when."""
    until = served.owner.session.now() + days * DAY_S
    served.owner.grants.hide(
        served.grant,
        until=until,
        reason=ReasonCode.INVESTIGATION,
        text="An investigation is under way.",
        legal_ground="Code of Procedure, section 100",
        grounds="Case 17.",
    )
    return until


def declined(served: Served, consent: int, subject: str = SUBJECT) -> str:
    """Why a query under a consent is declined, as the one who asks is told."""
    with pytest.raises(RefusedError, match="consent-unfit") as caught:
        served.ask(consent, subject)
    return caught.value.message


def test_a_query_under_a_consent_is_answered_and_its_subject_finds_it(served: Served) -> None:
    served.enrol()
    number = served.consented()
    got = served.ask(number)
    assert got.content == ((SUBJECT, "employed"),)
    transfer = served.asker.transfers.show(got.transfer)
    assert (transfer.consent, transfer.state) == (number, TransferState.ACKNOWLEDGED)

    (use,) = served.log().about_me
    assert (use.transfer, use.receiver, use.consent) == (got.transfer, "health", number)
    assert (use.purpose, use.legal_basis) == (Purpose.ELIGIBILITY, "Health Act, section 21")
    assert served.log(OTHER_KEY).about_me == ()
    # Nothing that everybody reads names the person, or one of its keys.
    manifest = served.window.session.ipfs.get_block(got.manifest)
    assert SUBJECT.encode() not in manifest
    assert json.loads(manifest)["subjectNonce"]
    assert served.owner.session.store.unfinished("transfer answer") == []
    # The consent's history tells of it.
    asked = served.window.consents.history(number)[-1]
    assert isinstance(asked, QueryOpened)
    assert asked.transfer == got.transfer


def test_who_did_not_enrol_is_not_marked(free: Served) -> None:
    got = free.ask()
    transfer = free.asker.transfers.show(got.transfer)
    assert (transfer.subjects, free.log().about_me) == ([], ())
    manifest = free.owner.session.fetch_record(Manifest, got.manifest)
    assert manifest.subject_nonce is None
    free.enrol()
    later = free.ask()
    assert [use.transfer for use in free.log().about_me] == [later.transfer]


def test_a_consent_of_nobody_known_or_of_somebody_else_is_declined(served: Served) -> None:
    number = served.consented()
    assert "isn't enrolled" in declined(served, number)
    served.enrol(SUBJECT, OTHER_KEY)
    assert "isn't the subject's" in declined(served, number)
    served.enrol(SOMEBODY, KEY)
    assert served.ask(number, SOMEBODY).content == ((SOMEBODY, "retired"),)
    # What everybody reads of the declines says nothing about the subject.
    for transfer in list(served.window.state().transfers.values())[:2]:
        assert transfer.decision is not None
        record = served.window.session.ipfs.get_block(transfer.decision.digest)
        reason = Reason.from_bytes(record)
        assert reason.code is ReasonCode.CONSENT_UNFIT
        assert "enrolled" not in reason.text


def test_a_query_names_a_consent_exactly_where_one_is_needed(served: Served) -> None:
    with pytest.raises(InputError, match="needs the consent"):
        served.ask()
    number = served.consented()
    served.owner.datasets.edit(STATUS, consent_needed=False)
    with pytest.raises(InputError, match="needs none"):
        served.ask(number)
    assert served.asker.state().refused == []


def test_a_consent_for_another_purpose_or_that_ended_is_refused_and_recorded(
    served: Served,
) -> None:
    served.enrol()
    paper = consent(served.asker)
    number = served.asker.consents.record(paper.to_bytes()).consent
    served.window.consents.withdraw(withdrawal(paper))
    for unfit in (number, served.consented(purpose=Purpose.RESEARCH)):
        with pytest.raises(RefusedError, match="needs the consent"):
            served.ask(unfit)
    ended = served.consented(until=served.asker.session.now() + DAY_S)
    served.world.advance(2 * DAY_S)
    with pytest.raises(RefusedError, match="needs the consent"):
        served.ask(ended)
    assert len(served.asker.state().refused) == 3


def test_the_grant_of_the_consent_s_purpose_is_named(served: Served) -> None:
    served.enrol()
    research = served.granted(purpose=Purpose.RESEARCH)
    got = served.ask(served.consented())
    assert served.asker.transfers.show(got.transfer).grant == served.grant != research


def test_an_enrolment_travels_as_a_document(served: Served, tmp_path: Path) -> None:
    session = served.owner.session
    recipient = directory(served.window).owner("labour")
    record = make_enrolment(KEY, SUBJECT, recipient, deployment=session.deployment)
    file = tmp_path / "enrolment.json"
    file.write_bytes(record.to_bytes())
    sent = served.window.documents.send("labour", file, title="Enrolment")
    found = served.owner.enrolments.sent(sent.transfer)
    assert (found.subject, found.window, found.document) == (SUBJECT, "interior", sent.transfer)
    assert found.key.value.hex() not in repr(found)
    done = served.owner.enrolments.enrol(found)
    assert (done.window, done.already) == ("interior", False)
    # After a crash: the same document once more.
    again = served.owner.enrolments.enrol(served.owner.enrolments.sent(sent.transfer))
    assert again.already
    assert [one.subject for one in served.owner.enrolments.list()] == [SUBJECT]
    assert served.owner.transfers.show(sent.transfer).state is TransferState.ACKNOWLEDGED


def test_another_key_replaces_an_enrolled_one_only_where_that_is_said(served: Served) -> None:
    served.enrol()
    with pytest.raises(InputError, match="enrolled another key"):
        served.enrol(key=OTHER_KEY)
    served.enrol(key=OTHER_KEY, replace=True)
    assert len(served.owner.enrolments.list()) == 1
    served.owner.enrolments.forget(SUBJECT)
    assert served.owner.enrolments.list() == []
    with pytest.raises(NotFound, match="nobody"):
        served.owner.enrolments.forget(SUBJECT)


def test_enrolments_outlive_a_fresh_archive_key(served: Served) -> None:
    served.enrol()
    served.enrol(SOMEBODY, OTHER_KEY)
    replace_archive_key(served.owner.session)
    key = served.owner.enrolments.key_of(SUBJECT)
    assert key is not None
    assert {one.subject for one in served.owner.enrolments.list()} == {SUBJECT, SOMEBODY}
    got = served.ask(served.consented())
    assert [use.transfer for use in served.log().about_me] == [got.transfer]


# ------------------------------------------------------------------ hidden for a time
def auditor_of(served: Served) -> Ledger:
    return served.world.department("audit-office")


def test_whom_an_answer_is_about_is_hidden_until_it_is_due(free: Served) -> None:
    free.enrol()
    until = hide(free)
    got = free.ask()
    transfer = free.asker.transfers.show(got.transfer)
    (subject,) = transfer.subjects
    assert (subject.hidden, subject.hidden_until) == (True, until)
    assert subject.ruling is not None
    ruling = free.window.session.fetch_record(Reason, subject.ruling.digest)
    assert (ruling.code, ruling.legal_ground) == (
        ReasonCode.INVESTIGATION,
        "Code of Procedure, section 100",
    )
    assert (free.log().about_me, free.log().hidden) == ((), 1)

    auditor = auditor_of(free)
    for stranger, why in ((free.asker, "only labour"), (auditor, "isn't due")):
        with pytest.raises(RefusedError, match=why):
            stranger.transfers.reveal(got.transfer)
    assert [item.kind for item in auditor.inbox()] == []
    free.world.advance(31 * DAY_S)
    for ledger in (auditor, free.owner):
        (item,) = [item for item in ledger.inbox() if item.kind == "reveal"]
        assert (item.number, item.deadline) == (got.transfer, until)
        assert item.command == f"ledger transfer reveal {got.transfer}"
    assert not [item for item in free.asker.inbox() if item.kind == "reveal"]

    assert not auditor.transfers.reveal(got.transfer).already
    assert auditor.transfers.reveal(got.transfer).already
    assert [use.transfer for use in free.log().about_me] == [got.transfer]
    assert not [item for item in free.owner.inbox() if item.kind == "reveal"]
    # The time is over: whoever is asked about from now on finds it at once.
    again = free.ask()
    assert [use.transfer for use in free.log().about_me] == [got.transfer, again.transfer]


def test_an_owner_reveals_at_any_time_and_hides_nobody_any_more(free: Served) -> None:
    free.enrol()
    hide(free)
    first = free.ask()
    free.owner.grants.end_hiding(free.grant)
    second = free.ask()
    assert [use.transfer for use in free.log().about_me] == [second.transfer]
    free.owner.transfers.reveal(first.transfer)
    assert [use.transfer for use in free.log().about_me] == [first.transfer, second.transfer]
    with pytest.raises(NotFound, match="hides nobody"):
        free.owner.transfers.reveal(second.transfer)
    with pytest.raises(NotFound, match="nobody is hidden"):
        free.owner.grants.end_hiding(free.grant)


@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "hidden"])
def test_a_cure_is_marked_as_the_release_was(free: Served, hidden: bool) -> None:
    free.enrol()
    if hidden:
        hide(free)
    got = free.ask()
    # Meanwhile another key is enrolled: the answer stays the former one's.
    free.enrol(key=OTHER_KEY, replace=True)
    free.asker.transfers.dispute(got.transfer, reason=ReasonCode.KEY_UNAVAILABLE, text="Gone.")
    assert free.world.agent("labour").step().released == 1
    transfer = free.asker.transfers.show(got.transfer)
    tags = [event.tag for event in transfer.history if isinstance(event, SubjectTagged)]
    assert len(tags) == 2
    assert tags[0] == tags[1]
    assert free.asker.queries.receive(got.transfer).manifest == got.manifest
    if hidden:
        free.owner.transfers.reveal(got.transfer)
    assert [use.transfer for use in free.log().about_me] == [got.transfer]


def test_a_hidden_answer_that_is_cured_when_it_is_due_is_found(free: Served) -> None:
    free.enrol()
    hide(free)
    got = free.ask()
    free.asker.transfers.dispute(got.transfer, reason=ReasonCode.KEY_UNAVAILABLE, text="Gone.")
    free.world.advance(31 * DAY_S)
    assert free.world.agent("labour").step().released == 1
    assert [use.transfer for use in free.log().about_me] == [got.transfer]
    free.owner.transfers.reveal(got.transfer)


def test_only_the_owner_of_a_service_hides_and_only_for_a_ruling(free: Served) -> None:
    said = {"text": "x", "legal_ground": "y"}
    until = free.owner.session.now() + DAY_S
    with pytest.raises(InputError, match="not of a service of health"):
        free.asker.grants.hide(free.grant, until=until, reason=ReasonCode.PROTECTION, **said)
    with pytest.raises(InputError, match="nobody is hidden for 'misuse'"):
        free.owner.grants.hide(free.grant, until=until, reason=ReasonCode.MISUSE, **said)
    with pytest.raises(InputError, match="still to come"):
        free.owner.grants.hide(free.grant, until=1, reason=ReasonCode.PROTECTION, **said)
    assert free.owner.grants.hiding(free.grant) is None


def test_nobody_is_hidden_whom_no_auditing_body_could_reveal(
    free: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    free.enrol()
    session, recipients = free.owner.session, free.owner.session.recipients

    def alone(departments: Any) -> Any:
        return [one for one in recipients(departments) if one.department == "labour"]

    with monkeypatch.context() as patched:
        patched.setattr(session, "recipients", alone)
        with pytest.raises(RefusedError, match="no auditing body has a key"):
            hide(free)
    hide(free)
    with pytest.raises(WaitTimeout):
        free.asker.queries.ask(STATUS, {}, subject=SUBJECT, timeout_s=0)
    agent = free.world.agent("labour")
    with monkeypatch.context() as patched:
        patched.setattr(session, "recipients", alone)
        # Left for later, neither declined nor told to everybody.
        done = agent.step()
        assert (done.released, done.declined, done.waiting) == (0, 0, 1)
    # Another run of it: this one looks again only after a pause.
    assert free.world.agent("labour").step().released == 1
    assert (free.log().about_me, free.log().hidden) == ((), 1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "hidden"])
def test_a_round_that_breaks_off_marks_one_answer_once(
    free: Served, monkeypatch: pytest.MonkeyPatch, hidden: bool, after: bool
) -> None:
    free.enrol()
    if hidden:
        hide(free)
    with pytest.raises(WaitTimeout):
        free.asker.queries.ask(STATUS, {}, subject=SUBJECT, timeout_s=0)
    agent, session = free.world.agent("labour"), free.owner.session
    break_off_at_each(agent, session, monkeypatch, after=after)
    agent.step()
    (transfer,) = free.window.state().transfers.values()
    released = [type(one) for one in transfer.history if isinstance(one, TransferReleased)]
    assert (len(released), len(transfer.subjects)) == (1, 1)
    got = free.asker.queries.receive(transfer.id)
    assert got.content == ((SUBJECT, "employed"),)
    if hidden:
        free.owner.transfers.reveal(transfer.id)
    assert [use.transfer for use in free.log().about_me] == [transfer.id]
    assert session.store.unfinished("transfer answer") == []
