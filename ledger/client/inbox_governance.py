"""What a department has to know of the agency's acts: what it can answer, what comes, what was
found about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.client.results import InboxItem
from ledger.provenance import Department, LedgerState

NEWS_S: Final = 30 * 86_400
"""How long a finding is in the inbox: nothing on the chain says that it was read."""


def of_governance(state: LedgerState, me: Department, now: int) -> Iterator[InboxItem]:
    """What the agency's acts ask of a department, or tell it."""
    show = f"ledger department show {me.code}"
    reset = me.pending_reset(now)
    if reset is not None:
        what = f"{reset.admin} is to become this department's ADMIN, unless it vetoes"
        yield InboxItem("veto", 0, what, reset.effective_at, "ledger department veto")
    if state.proposed_agency == me.id:
        command = "ledger agency handover accept"
        yield InboxItem("handover", 0, "this department is proposed as the agency", None, command)
    if me.auditor(now) and me.auditor_until is not None:
        what = "this department's appointment as an auditing body ends"
        yield InboxItem("auditor", 0, what, me.auditor_until, show)
    yield from _of_findings(state, me, now)
    if state.retirement is not None:
        ended = state.retired(now)
        what = f"this ledger {'is' if ended else 'will be'} retired in favour of another"
        deadline = None if ended else state.retirement.effective_at
        yield InboxItem("retirement", 0, what, deadline, "ledger doctor")


def _of_findings(state: LedgerState, me: Department, now: int) -> Iterator[InboxItem]:
    for number, found in enumerate(me.findings, start=1):
        if now < found.decision.decided_at + NEWS_S:
            finder = state.departments[found.finder].code
            what = f"{finder} publishes a finding about this department"
            command = f"ledger department finding {me.code} {number}"
            yield InboxItem("finding", number, what, None, command)
