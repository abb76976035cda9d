"""What waits for a department, told from the events alone: each item with its command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.client.inbox_governance import NEWS_S
from ledger.events import (
    ApprovalRecorded,
    AuditorRemoved,
    Capability,
    FindingPublished,
    KeyRetired,
    RequestReturned,
    TransferDisputed,
)
from ledger.ports import ReceiptCheck
from tests.unit.chapters import (
    COMPLY,
    NOTICE_S,
    OFFICER,
    REASON,
    activated,
    alter_last,
    counter,
    escalated,
    order,
    reset,
)
from tests.unit.office import opened
from tests.unit.story import (
    AGENCY,
    AUDIT,
    CODES,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RESPOND,
    Story,
    account,
    country,
    edit,
    of,
    shared,
)

DATASET = "labour/employment"
NEW_ADMIN = account(HEALTH, Capability.AGENT)
Told = tuple[str, int, str, str]


def items(story: Story, folder: Path, department: int) -> list[Told]:
    with opened(story, folder, CODES[department]) as office:
        return [(one.kind, one.number, one.what, one.command) for one in office.ledger.inbox()]


def later(story: Story, seconds: int) -> None:
    """Let time pass, and a block come that has nothing to do with it."""
    story.pass_time(seconds)
    story.add_account(AGENCY, Capability.AGENT)


def half_approved(story: Story) -> None:
    edit(story, approvals=2)
    story.approve_once(story.request(EMPLOYMENT), OFFICER)


def half_extended(story: Story) -> None:
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, OFFICER)
    story.activate(request)
    until = (request.valid_until + 9).to_bytes(32, "big")
    story.emit(ApprovalRecorded, **of(request), officer=OFFICER, terms=until)


def reset_since(story: Story) -> None:
    activated(story)
    reset(story)
    later(story, 2 * NOTICE_S)


def lapsed(story: Story) -> None:
    counter(story, story.request(EMPLOYMENT))
    later(story, 2 * RESPOND)


def returned(story: Story) -> None:
    story.because(RequestReturned, story.request(EMPLOYMENT))


def unanswered(story: Story) -> None:
    story.request(EMPLOYMENT)
    later(story, 2 * RESPOND)


def not_complied_with(story: Story) -> None:
    order(story, escalated(story))
    later(story, NOTICE_S + 2 * COMPLY)


def key_retired(story: Story) -> None:
    story.emit(KeyRetired, department=HEALTH, key_number=1)


def admin_to_be_reset(story: Story) -> None:
    reset(story)


def auditor_to_be_removed(story: Story) -> None:
    story.emit(AuditorRemoved, department=AUDIT, effective_at=story.now + 1 + NOTICE_S, **REASON)


@pytest.mark.parametrize(
    ("happened", "department", "expected"),
    [
        (
            half_approved,
            LABOUR,
            (
                "request",
                1,
                f"health requests {DATASET}: the second officer's approval is missing",
                "ledger request show 1",
            ),
        ),
        (
            half_extended,
            LABOUR,
            (
                "extension",
                1,
                f"the second officer's approval to extend health's grant of {DATASET} is missing",
                "ledger grant show 1",
            ),
        ),
        (
            reset_since,
            LABOUR,
            (
                "reset",
                1,
                f"health was given a new ADMIN: its grant of {DATASET} doesn't hold until resumed",
                "ledger grant resume 1",
            ),
        ),
        (
            lapsed,
            HEALTH,
            (
                "counter",
                1,
                f"other terms offered for {DATASET} have lapsed",
                "ledger request escalate 1",
            ),
        ),
        (
            returned,
            HEALTH,
            (
                "return",
                1,
                f"the request for {DATASET} was returned to be completed",
                "ledger request resubmit 1",
            ),
        ),
        (
            unanswered,
            HEALTH,
            (
                "overdue",
                1,
                f"the request for {DATASET} was not answered in time",
                "ledger request escalate 1",
            ),
        ),
        (
            not_complied_with,
            HEALTH,
            (
                "overdue",
                1,
                f"the request for {DATASET} was not granted as ordered",
                "ledger request show 1",
            ),
        ),
        (
            key_retired,
            HEALTH,
            ("key", 0, "no encryption key is published", "ledger department key publish"),
        ),
        (
            admin_to_be_reset,
            HEALTH,
            (
                "veto",
                0,
                f"{NEW_ADMIN} is to become this department's ADMIN, unless it vetoes",
                "ledger department veto",
            ),
        ),
        (
            auditor_to_be_removed,
            AUDIT,
            (
                "auditor",
                0,
                "this department's appointment as an auditing body ends",
                "ledger department show audit-office",
            ),
        ),
    ],
)
def test_what_happened_waits_with_the_command_that_answers_it(
    tmp_path: Path, happened: Callable[[Story], None], department: int, expected: Told
) -> None:
    story = country()
    assert items(story, tmp_path, department) == []
    happened(story)
    assert items(story, tmp_path, department) == [expected]


def test_a_finding_is_news_for_a_while(tmp_path: Path) -> None:
    story = country()
    story.emit(FindingPublished, department=HEALTH, finder=AUDIT, **REASON)
    ((kind, number, what, command),) = items(story, tmp_path, HEALTH)
    assert (kind, number, command) == ("finding", 1, "ledger department finding health 1")
    assert what == "audit-office publishes a finding about this department"
    later(story, NEWS_S)
    assert items(story, tmp_path, HEALTH) == []


def test_a_wrong_receipt_waits_until_another_takes_its_place(tmp_path: Path) -> None:
    story, _, released = shared()
    wrong = story.acknowledge(released)
    with opened(story, tmp_path) as office:
        office.store.save_receipt_check(1, wrong.receipt_tag, ReceiptCheck("wrong"))
        (item,) = office.ledger.inbox()
        assert (item.kind, item.number) == ("receipt", 1)
        assert item.what == f"health acknowledged {DATASET}@1 with a WRONG receipt"

        story.because(TransferDisputed, released)
        story.acknowledge(story.release(released, manifest=released.manifest))
        alter_last(story, receipt_tag=bytes([7]) * 32)
        assert office.ledger.inbox() == []
