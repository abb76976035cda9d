"""Folding deliveries other than of whole versions: answers and their subjects, documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import PayloadKind
from ledger.events import (
    AccessRequested,
    AuditorRemoved,
    ConsentWithdrawn,
    DatasetEdited,
    DatasetWithdrawn,
    HandoverAccepted,
    HandoverProposed,
    KeyDisclosed,
    RefusalCause,
    SubjectRevealed,
    TransferDeclined,
    TransferDisputed,
    TransferRefused,
    TransferState,
)
from ledger.provenance import fold
from tests.unit.chapters import (
    NOTICE_S,
    REASON,
    SALT,
    SECRET,
    SERVICE,
    TAG,
    activated,
    alter_last,
    answered,
    consent,
    hide,
    reset,
    service,
    tag,
)
from tests.unit.impossible import Alter, Impossible, check_refused, each_of
from tests.unit.story import (
    ACKNOWLEDGE,
    AGENCY,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RELEASE,
    VALID_S,
    Story,
    country,
    digest,
    edit,
    manifest,
    of,
    suspend,
)


def asked(story: Story, **changes: Any) -> AccessRequested:
    """The request of the service, as later events repeat it."""
    found = next(event for event in story.events if isinstance(event, AccessRequested))
    return replace(found, **changes)


def withdraw(story: Story, **changes: Any) -> ConsentWithdrawn:
    values = {"consent": 1, "dataset": SERVICE, "receiver": HEALTH, "preimage": SECRET}
    return story.emit(ConsentWithdrawn, **(values | changes))


def ask_in_vain(story: Story, cause: RefusalCause, **changes: Any) -> TransferRefused:
    values = {"dataset": SERVICE, "receiver": HEALTH, "grant": 1, "dataset_version": 0}
    return story.emit(TransferRefused, **(values | changes), cause=cause)


def consents(story: Story, *, needed: bool) -> DatasetEdited:
    return edit(story, dataset=SERVICE, consent_needed=needed)


def reveal(story: Story, revealer: int = LABOUR, **changes: Any) -> SubjectRevealed:
    values = {"transfer": 1, "dataset": SERVICE, "tag": TAG, "salt": SALT, "revealer": revealer}
    return story.emit(SubjectRevealed, **(values | changes))


def disclose(story: Story, disputed: Any, arbiter: int = AUDIT, **changes: Any) -> KeyDisclosed:
    values = {"arbiter": arbiter, "key_number": 1, "wrap": digest("wrap for the arbiter")}
    return story.emit(KeyDisclosed, **of(disputed), **(values | changes))


def withdraw_service(story: Story) -> DatasetWithdrawn:
    return story.emit(DatasetWithdrawn, dataset=SERVICE, owner=LABOUR, **REASON)


def unanswered_then(story: Story, between: Alter) -> None:
    """A query that is answered after something else."""
    asked = story.query(service(story, consent_needed=False))
    between(story)
    story.release(asked)


def derived(story: Story) -> Any:
    """A transfer of some of a version's fields, opened."""
    return story.open(activated(story, all_fields=False))


def disputed_document(story: Story) -> Any:
    sent = story.send(LABOUR, HEALTH)
    story.because(TransferDisputed, sent)
    return sent


# ------------------------------------------------------------------ consents and answers
def test_a_consent_is_in_force_until_it_ends_or_is_withdrawn() -> None:
    story = country()
    request = service(story)
    recorded = consent(story)
    state = fold(story.events)
    grant = state.grant(request.grant)
    assert state.consented(1, grant, recorded.valid_until - 1)
    assert not state.consented(1, grant, recorded.valid_until)
    assert not state.consented(2, grant, story.now)
    assert not state.consented(None, grant, story.now)
    withdraw(story)
    state = fold(story.events)
    assert state.consents[1].withdrawn_at == story.now
    assert not state.consented(1, state.grant(request.grant), story.now)
    assert state.dataset(SERVICE).history[-1] is state.department("health").history[-1]


@pytest.mark.parametrize("other", [{"receiver": AUDIT}, {"purpose": 2}])
def test_a_consent_for_another_is_none(other: dict[str, Any]) -> None:
    story = country()
    request = service(story)
    consent(story, **other)
    state = fold(story.events)
    assert not state.consented(1, state.grant(request.grant), story.now)


def test_an_answer_is_delivered_with_its_own_manifest() -> None:
    story = country()
    released = answered(story)
    transfer = fold(story.events).transfer(1)
    assert (transfer.kind, transfer.version, transfer.consent) == (PayloadKind.ANSWER, None, 1)
    assert (transfer.query, transfer.manifest) == (digest("query"), released.manifest)
    assert transfer.whole_version is None
    story.acknowledge(released)
    (delivery,) = fold(story.events).recipients("labour/lookup")
    assert delivery.acknowledged


def test_a_query_of_a_service_that_needs_no_consent_names_none() -> None:
    story = country()
    story.release(story.query(service(story, consent_needed=False)))
    assert fold(story.events).transfer(1).consent is None


def test_a_query_without_a_consent_is_recorded_as_refused() -> None:
    story = country()
    service(story)
    attempt = ask_in_vain(story, RefusalCause.NO_CONSENT)
    state = fold(story.events)
    assert state.refused == [attempt]
    assert state.grant(1).history[-1] is attempt


# ------------------------------------------------------------------ subjects
def test_a_tag_stands_beside_its_answer() -> None:
    story = country()
    tag(story, answered(story))
    (subject,) = fold(story.events).transfer(1).subjects
    assert (subject.tag, subject.hidden) == (TAG, False)
    assert not subject.overdue(story.now + 2**32)


def test_a_hidden_tag_is_revealed_by_its_owner_at_any_time() -> None:
    story = country()
    hidden = hide(story, answered(story))
    (subject,) = fold(story.events).transfer(1).subjects
    assert subject.hidden
    assert subject.ruling is not None
    assert not subject.overdue(hidden.hidden_until)
    assert subject.overdue(hidden.hidden_until + 1)
    reveal(story)
    (subject,) = fold(story.events).transfer(1).subjects
    assert (subject.tag, subject.hidden, subject.revealer) == (TAG, False, LABOUR)
    assert not subject.overdue(hidden.hidden_until + 1)


def test_an_auditor_reveals_a_hidden_tag_that_is_due() -> None:
    story = country()
    hide(story, answered(story))
    story.pass_time(NOTICE_S)
    revealed = reveal(story, AUDIT)
    state = fold(story.events)
    assert state.transfer(1).subjects[0].revealer == AUDIT
    assert state.department("audit-office").history[-1] is revealed


def test_a_tag_stays_hidden_through_a_cure() -> None:
    story = country()
    released = answered(story)
    hidden = hide(story, released)
    story.because(TransferDisputed, released)
    hide(story, story.release(released), hidden_until=hidden.hidden_until)  # type: ignore[arg-type]
    assert len(fold(story.events).transfer(1).subjects) == 1
    reveal(story)
    assert not fold(story.events).transfer(1).subjects[0].hidden


# ------------------------------------------------------------------ derived payloads
def test_some_fields_are_delivered_with_a_manifest_of_their_own() -> None:
    story = country()
    released = story.release(derived(story))
    transfer = fold(story.events).transfer(1)
    assert (transfer.kind, transfer.version) == (PayloadKind.DERIVED, 1)
    assert transfer.manifest == released.manifest != manifest(EMPLOYMENT, 1)
    assert transfer.whole_version is None
    assert fold(story.events).dataset(EMPLOYMENT).version(1).transfers == [1]


# ------------------------------------------------------------------ documents
def test_a_document_is_delivered_without_dataset_and_grant() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    story.acknowledge(sent)
    state = fold(story.events)
    (delivery,) = state.received_by("health")
    assert (delivery.dataset, delivery.grant, delivery.acknowledged) == (None, None, True)
    assert delivery.transfer.kind is PayloadKind.DOCUMENT
    assert state.department("labour").history[-1] is state.transfer(1).history[-1]


def test_a_disputed_document_is_sent_once_more() -> None:
    story = country()
    disputed_document(story)
    again = story.send(LABOUR, HEALTH, transfer=1, manifest=digest("another document"))
    transfer = fold(story.events).transfer(1)
    assert (transfer.state, transfer.cured) == (TransferState.RELEASED, True)
    assert transfer.manifest == again.manifest
    assert transfer.receipt_overdue(story.now + ACKNOWLEDGE + 1)


def test_documents_wait_for_receipts_by_sender() -> None:
    story = country()
    for _ in range(6):
        story.send(LABOUR, HEALTH)
    story.publish_key(AGENCY, 1)
    story.send(AUDIT, HEALTH)
    story.send(LABOUR, AGENCY)
    story.acknowledge(story.events[-9])  # type: ignore[arg-type]
    story.send(LABOUR, HEALTH)
    assert len(fold(story.events).transfers) == 9


# ------------------------------------------------------------------ disputes
def test_an_arbiter_is_given_the_key_of_a_disputed_document() -> None:
    story = country()
    disclosed = disclose(story, disputed_document(story))
    story.settle(story.events[-2], AGENCY)
    state = fold(story.events)
    transfer = state.transfer(1)
    (disclosure,) = transfer.disclosures
    assert (disclosure.arbiter, disclosure.wrap) == (AUDIT, disclosed.wrap)
    assert transfer.state is TransferState.SETTLED
    assert state.department("audit-office").history[-1] is disclosed
    assert state.department("agency").history[-1] is story.events[-1]


# ------------------------------------------------------------------ what is refused
def agency_sends(story: Story) -> Any:
    """`labour` becomes the agency, and a document of its own is disputed."""
    story.emit(HandoverProposed, agency=AGENCY, successor=LABOUR)
    effective_at = story.now + 1 + NOTICE_S
    story.emit(HandoverAccepted, agency=AGENCY, successor=LABOUR, effective_at=effective_at)
    story.pass_time(NOTICE_S)
    return disputed_document(story)


def answered_later(story: Story, between: Alter) -> None:
    request = service(story)
    opened = story.query(request, consent(story).consent)
    between(story)
    story.release(opened)


def tagged_later(story: Story) -> None:
    released = answered(story)
    story.acknowledge(released)
    tag(story, released)


def sent_again(story: Story, sender: int = LABOUR, receiver: int = HEALTH) -> None:
    disputed_document(story)
    story.send(sender, receiver, transfer=1)


IMPOSSIBLE: Impossible = {
    "a consent out of sequence": (
        lambda s: (service(s), consent(s, consent=2)),
        "the number isn't the next one",
    ),
    "a consent that nobody needs": (
        lambda s: (service(s, consent_needed=False), consent(s)),
        "labour/lookup needs no consents",
    ),
    "a consent for a service that is withdrawn": (
        lambda s: (service(s), withdraw_service(s), consent(s)),
        "labour/lookup is withdrawn",
    ),
    "an answer of a service that is withdrawn": (
        lambda s: unanswered_then(s, withdraw_service),
        "labour/lookup is withdrawn",
    ),
    "a consent for an unknown receiver": (
        lambda s: (service(s), consent(s, receiver=9)),
        "there is no department 9",
    ),
    "a consent that is over": (
        lambda s: (service(s), consent(s, valid_until=s.now + 1)),
        "it is over already",
    ),
    "a consent that was recorded before": (
        lambda s: (service(s), consent(s), withdraw(s), consent(s)),
        "a consent with this withdrawal was recorded before",
    ),
    "the withdrawal of an unknown consent": (
        lambda s: (service(s), withdraw(s)),
        "there is no consent 1",
    ),
    "a withdrawal twice": (
        lambda s: (service(s), consent(s), withdraw(s), withdraw(s)),
        "consent 1 is withdrawn",
    ),
    "a withdrawal by a stranger": (
        lambda s: (service(s), consent(s), withdraw(s, preimage=digest("x"))),
        "that isn't what withdraws consent 1",
    ),
    "a withdrawal for another receiver": (
        lambda s: (service(s), consent(s), withdraw(s, receiver=AUDIT)),
        "consent 1 is of another dataset or receiver",
    ),
    "a file that asks for consents": (
        lambda s: edit(s, consent_needed=True),
        "only a service needs consents",
    ),
    "a file that is registered with consents": (
        lambda s: s.register(2, "airports", consent_needed=True),
        "only a service needs consents",
    ),
    "a query of a file": (lambda s: s.query(activated(s)), "labour/employment is a file"),
    "a version of a service": (
        lambda s: s.open(service(s)),
        "labour/lookup is a service",
    ),
    "a query without a consent": (lambda s: s.query(service(s)), "no such consent is in force"),
    "a query under a withdrawn consent": (
        lambda s: (service(s), consent(s), withdraw(s), s.query(asked(s), 1)),
        "no such consent is in force",
    ),
    "a query under a consent that has ended": (
        lambda s: (service(s), consent(s, valid_until=s.now + 2), s.query(asked(s), 1)),
        "no such consent is in force",
    ),
    "a query that names a consent in vain": (
        lambda s: s.query(service(s, consent_needed=False), 1),
        "labour/lookup needs no consent",
    ),
    "a query under no grant": (
        lambda s: (service(s), s.query(asked(s, grant=9))),
        "the cause is none, but the grant's is no-grant",
    ),
    "a query with another deadline": (
        lambda s: (answered(s), s.query(asked(s), 1), alter_last(s, release_by=s.now)),
        "its deadline is +0, expected +2000",
    ),
    "an attempt on a file without a version": (
        lambda s: ask_in_vain(s, RefusalCause.NO_GRANT, dataset=EMPLOYMENT),
        "labour/employment is a file",
    ),
    "an attempt on a version of a service": (
        lambda s: (
            service(s),
            ask_in_vain(s, RefusalCause.NO_CONSENT, dataset_version=1),
        ),
        "labour/lookup is a service",
    ),
    "no consent where none is needed": (
        lambda s: (
            service(s, consent_needed=False),
            ask_in_vain(s, RefusalCause.NO_CONSENT),
        ),
        "the cause is no-consent, but the grant's is none",
    ),
    "an answer after its consent was withdrawn": (
        lambda s: answered_later(s, withdraw),
        "no such consent is in force",
    ),
    "an answer after its consent was withdrawn, though none is needed by now": (
        lambda s: answered_later(s, lambda s: (consents(s, needed=False), withdraw(s))),
        "no such consent is in force",
    ),
    "an answer after its consent ended": (
        lambda s: answered_later(s, lambda s: s.pass_time(VALID_S)),
        "grant 1 doesn't hold (active)",
    ),
    "an answer to what was asked without a consent, which is needed by now": (
        lambda s: (
            s.query(service(s, consent_needed=False)),
            consents(s, needed=True),
            s.release(s.events[-2]),  # type: ignore[arg-type]
        ),
        "no such consent is in force",
    ),
    "an answer after a reset of the receiver": (
        lambda s: answered_later(s, lambda s: (reset(s), s.pass_time(NOTICE_S))),
        "grant 1 doesn't hold (active)",
    ),
    "a derived payload where all fields are granted": (
        lambda s: (s.open(activated(s)), alter_last(s, kind=PayloadKind.DERIVED)),
        "under grant 1 the payload is version",
    ),
    "the whole version where some fields are granted": (
        lambda s: (derived(s), alter_last(s, kind=PayloadKind.VERSION)),
        "under grant 1 the payload is derived",
    ),
    "some fields with the version's own manifest": (
        lambda s: s.release(derived(s), manifest=manifest(EMPLOYMENT, 1)),
        "the manifest is the version's, but some fields were granted",
    ),
    "a tag on a file": (
        lambda s: tag(s, s.release(s.open(activated(s)))),
        "transfer 1 is no answer",
    ),
    "a tag in another transaction": (
        lambda s: (
            tag(s, answered(s)),
            alter_last(s, at=replace(s.events[-1].at, transaction=digest("another"))),
        ),
        "the answer wasn't released in its transaction",
    ),
    "a tag after the receipt": (tagged_later, "transfer 1 is acknowledged"),
    "a second tag of one release": (
        lambda s: (tag(s, answered(s)), tag(s, s.events[-2])),  # type: ignore[arg-type]
        "the answer wasn't released in its transaction",
    ),
    "a tag of another dataset's answer": (
        lambda s: tag(s, answered(s), dataset=EMPLOYMENT),
        "transfer 1 is of another dataset or receiver",
    ),
    "a tag that is hidden until now": (
        lambda s: hide(s, answered(s), hidden_until=s.now),
        "it is hidden until before",
    ),
    "a tag that is hidden without a ruling": (
        lambda s: hide(s, answered(s), ruling=bytes(32)),
        "it is hidden without a ruling or an opening",
    ),
    "a tag that is hidden without a reason": (
        lambda s: hide(s, answered(s), ruling_code=0),
        "it is hidden without a ruling or an opening",
    ),
    "a tag that is hidden without an opening": (
        lambda s: hide(s, answered(s), opening=bytes(32)),
        "it is hidden without a ruling or an opening",
    ),
    "another tag that is hidden by a cure": (
        lambda s: (
            hide(s, answered(s)),
            s.because(TransferDisputed, s.events[-2]),
            hide(s, s.release(s.events[-3]), tag=digest("x")),  # type: ignore[arg-type]
        ),
        "another tag is hidden already",
    ),
    "the revelation of what isn't hidden": (
        lambda s: (tag(s, answered(s)), reveal(s)),
        "transfer 1 has no hidden tag",
    ),
    "a revelation twice": (
        lambda s: (hide(s, answered(s)), reveal(s), reveal(s)),
        "transfer 1 has no hidden tag",
    ),
    "the revelation of another tag": (
        lambda s: (hide(s, answered(s)), reveal(s, tag=digest("x"))),
        "another tag was hidden",
    ),
    "a revelation with another salt": (
        lambda s: (hide(s, answered(s)), reveal(s, salt=digest("x"))),
        "another tag was hidden",
    ),
    "a revelation by an auditor that isn't due": (
        lambda s: (hide(s, answered(s)), reveal(s, AUDIT)),
        "audit-office may not reveal it, or not yet",
    ),
    "a revelation by the receiver": (
        lambda s: (hide(s, answered(s)), s.pass_time(NOTICE_S), reveal(s, HEALTH)),
        "health may not reveal it, or not yet",
    ),
    "a revelation by a former auditor": (
        lambda s: (
            hide(s, answered(s)),
            s.emit(AuditorRemoved, department=AUDIT, effective_at=s.now + 9, **REASON),
            s.pass_time(NOTICE_S),
            reveal(s, AUDIT),
        ),
        "audit-office may not reveal it, or not yet",
    ),
    "a document out of sequence": (
        lambda s: s.send(LABOUR, HEALTH, transfer=2),
        "the number isn't the next one",
    ),
    "a document to its sender": (lambda s: s.send(LABOUR, LABOUR), "it is to its own sender"),
    "a document of a suspended sender": (
        lambda s: (suspend(s, LABOUR), s.send(LABOUR, HEALTH)),
        "labour was not a member in good standing",
    ),
    "a document to a suspended receiver": (
        lambda s: (suspend(s, HEALTH), s.send(LABOUR, HEALTH)),
        "health was not a member in good standing",
    ),
    "a document to a department without a key": (
        lambda s: s.send(LABOUR, AGENCY),
        "key 1 isn't the current one of agency",
    ),
    "a document with another deadline": (
        lambda s: s.send(LABOUR, HEALTH, acknowledge_by=s.now),
        "its deadline is -1, expected +3000",
    ),
    "a seventh document without a receipt": (
        lambda s: [s.send(LABOUR, HEALTH) for _ in range(7)],
        "too many releases wait for a receipt",
    ),
    "a document sent again without a dispute": (
        lambda s: (s.send(LABOUR, HEALTH), s.send(LABOUR, HEALTH, transfer=1)),
        "transfer 1 is released",
    ),
    "a document sent again to another": (
        lambda s: sent_again(s, receiver=AUDIT),
        "transfer 1 is no document between these two",
    ),
    "a document sent again by another": (
        lambda s: sent_again(s, sender=AUDIT),
        "transfer 1 is no document between these two",
    ),
    "a document sent a third time": (
        lambda s: (
            sent_again(s),
            s.because(TransferDisputed, s.events[-1]),
            s.send(LABOUR, HEALTH, transfer=1),
        ),
        "transfer 1 was cured already",
    ),
    "a version sent again as a document": (
        lambda s: (
            s.release(s.open(activated(s))),
            s.because(TransferDisputed, s.events[-1]),
            s.send(LABOUR, HEALTH, transfer=1),
        ),
        "transfer 1 is no document between these two",
    ),
    "a document released as a version": (
        lambda s: (
            disputed_document(s),
            s.release(s.events[-1]),  # type: ignore[arg-type]
            alter_last(s, dataset=EMPLOYMENT),
        ),
        "transfer 1 is of another dataset",
    ),
    "a document that is declined": (
        lambda s: (
            s.because(TransferDeclined, s.send(LABOUR, HEALTH)),
            alter_last(s, dataset=EMPLOYMENT),
        ),
        "transfer 1 is of another dataset or receiver",
    ),
    "a disclosure without a dispute": (
        lambda s: disclose(s, s.send(LABOUR, HEALTH)),
        "transfer 1 is released",
    ),
    "a disclosure to the receiver": (
        lambda s: disclose(s, disputed_document(s), HEALTH),
        "health is a party to the dispute",
    ),
    "a disclosure to the sender": (
        lambda s: disclose(s, disputed_document(s), LABOUR),
        "labour is a party to the dispute",
    ),
    "a disclosure to another key": (
        lambda s: disclose(s, disputed_document(s), key_number=2),
        "key 2 isn't the current one of audit-office",
    ),
    "a disclosure to a suspended arbiter": (
        lambda s: (suspend(s, AUDIT), disclose(s, disputed_document(s))),
        "audit-office was not a member in good standing",
    ),
    "a disclosure that names another receiver": (
        lambda s: (disclose(s, disputed_document(s)), alter_last(s, receiver=AUDIT)),
        "transfer 1 is of another dataset or receiver",
    ),
    "a settlement by the sender": (
        lambda s: s.settle(disputed_document(s), LABOUR),
        "labour is neither the receiver nor an agency that didn't send it",
    ),
    "a settlement by an agency that sent it": (
        lambda s: s.settle(agency_sends(s), LABOUR),
        "labour is neither the receiver nor an agency that didn't send it",
    ),
    "a settlement by the former agency": (
        lambda s: s.settle(agency_sends(s), AGENCY),
        "agency is neither the receiver nor an agency that didn't send it",
    ),
}


@each_of(IMPOSSIBLE)
def test_what_the_contracts_cannot_emit_is_refused(alter: Alter, said: str) -> None:
    check_refused(alter, said)


def test_a_late_answer_is_late() -> None:
    story = country()
    service(story, consent_needed=False)
    opened = story.query(asked(story))
    transfer = fold(story.events).transfer(1)
    assert not transfer.overdue(opened.at.timestamp + RELEASE)
    assert transfer.overdue(opened.at.timestamp + RELEASE + 1)
