"""The rules of the agency's acts upon members and rules: what each requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    AdminResetAnnounced,
    AdminResetVetoed,
    AuditorAppointed,
    AuditorRemoved,
    Capability,
    DeadlinesSet,
    DeploymentRetired,
    FindingPublished,
    GroupMemberSet,
    HandoverAccepted,
    HandoverProposed,
    ScorecardPublished,
    StandingSet,
)
from ledger.provenance.fold_members import require_not_agency
from ledger.provenance.members import Periods, PublishedFinding, Reset, Retirement
from ledger.provenance.rules import (
    Histories,
    acting,
    acting_agency,
    decision,
    histories,
    impossible,
    known,
    require,
    require_notice,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def deadlines_set(state: LedgerState, event: DeadlinesSet) -> Histories:
    """New periods, which replace those that were set but aren't in force yet."""
    agency = acting_agency(state, event, event.agency)
    require_notice(event.effective_at, event)
    periods = Periods(
        respond=event.respond,
        release=event.release,
        acknowledge=event.acknowledge,
        comply=event.comply,
        attest=event.attest,
        effective_at=event.effective_at,
    )
    state.periods.announce(periods, event.effective_at, event.at.timestamp)
    return (agency.events,)


def auditor_appointed(state: LedgerState, event: AuditorAppointed) -> Histories:
    """A department becomes an auditing body."""
    department = known(state.departments, event.department, event, "department")
    auditor = department.auditor(event.at.timestamp)
    require(not auditor, event, f"{department.code} is an auditor already")
    department.auditor_since = event.at.timestamp
    department.auditor_until = None
    return (department.events,)


def auditor_removed(state: LedgerState, event: AuditorRemoved) -> Histories:
    """The end of an appointment that had none announced yet."""
    department = known(state.departments, event.department, event, "department")
    lasting = department.auditor(event.at.timestamp) and department.auditor_until is None
    require(lasting, event, f"{department.code} is no auditor, or not for long")
    require_notice(event.effective_at, event)
    department.auditor_until = event.effective_at
    return (department.events,)


def group_member_set(state: LedgerState, event: GroupMemberSet) -> Histories:
    """A department comes into a group after notice, or leaves it at once."""
    department = known(state.departments, event.department, event, "department")
    now = event.at.timestamp
    if event.member:
        since = department.groups.get(event.group)
        kept = since is None or since == event.effective_at
        require(kept, event, f"{department.code} is in {event.group} since another time")
        require(since is not None or event.effective_at >= now, event, "it comes without notice")
        department.groups[event.group] = event.effective_at
    else:
        require(event.effective_at == now, event, "a department leaves a group at once")
        department.groups.pop(event.group, None)
    return (department.events,)


def scorecard_published(state: LedgerState, event: ScorecardPublished) -> Histories:
    """A scorecard, whose lines follow in the same transaction."""
    agency = acting_agency(state, event, event.agency)
    state.scorecards.append(event)
    return (agency.events,)


def standing_set(state: LedgerState, event: StandingSet) -> Histories:
    """One line of the scorecard that was published in this transaction."""
    department = known(state.departments, event.department, event, "department")
    if not state.scorecards:
        raise impossible(event, "there is no scorecard")
    card = state.scorecards[-1]
    same = (card.scorecard, card.at.transaction) == (event.scorecard, event.at.transaction)
    require(same, event, "its scorecard wasn't published in its transaction")
    require_notice(event.effective_at, event)
    department.standings.announce(event.standing, event.effective_at, event.at.timestamp)
    return (department.events,)


def finding_published(state: LedgerState, event: FindingPublished) -> Histories:
    """What the agency or an auditing body found."""
    department = known(state.departments, event.department, event, "department")
    finder = acting(state, event, event.finder)
    now = event.at.timestamp
    may = finder.id == state.agencies.at(now) or finder.auditor(now)
    require(may, event, f"{finder.code} is neither the agency nor an auditor")
    department.findings.append(PublishedFinding(finder.id, decision(event)))
    return histories(department.events, finder.events)


def reset_announced(state: LedgerState, event: AdminResetAnnounced) -> Histories:
    """A new ADMIN for a member, whose seat it has from now on."""
    department = known(state.departments, event.department, event, "department")
    now = event.at.timestamp
    require(department.member(now), event, f"{department.code} isn't a member yet")
    require_not_agency(state, event, department)
    require(department.pending_reset(now) is None, event, "another reset is pending")
    require(event.admin not in state.accounts, event, f"account {event.admin} is taken")
    require_notice(event.effective_at, event)
    department.resets.append(Reset(event.admin, decision(event), event.effective_at))
    state.accounts[event.admin] = department.id
    department.accounts[event.admin] = Capability.ADMIN
    return (department.events,)


def reset_vetoed(state: LedgerState, event: AdminResetVetoed) -> Histories:
    """An account of the department stops the pending reset; a suspended one may."""
    department = known(state.departments, event.department, event, "department")
    pending = department.pending_reset(event.at.timestamp)
    if pending is None or pending.admin != event.admin:
        raise impossible(event, "no such reset is pending")
    held = department.capabilities(event.vetoer, event.at.timestamp)
    require(bool(held), event, f"{event.vetoer} isn't its account")
    pending.vetoer = event.vetoer
    del state.accounts[event.admin], department.accounts[event.admin]
    return (department.events,)


def handover_proposed(state: LedgerState, event: HandoverProposed) -> Histories:
    """The agency proposes its successor, or takes back what isn't in effect yet."""
    agency = acting_agency(state, event, event.agency)
    parties = [agency.events]
    if event.successor:
        successor = acting(state, event, event.successor)
        require(successor.id != agency.id, event, f"{successor.code} is the agency")
        parties.append(successor.events)
    state.agencies.cancel(event.at.timestamp)
    state.proposed_agency = event.successor or None
    return tuple(parties)


def handover_accepted(state: LedgerState, event: HandoverAccepted) -> Histories:
    """The proposed successor agrees to be the agency after notice."""
    agency = acting_agency(state, event, event.agency)
    successor = acting(state, event, event.successor)
    now = event.at.timestamp
    proposed = state.proposed_agency == successor.id
    require(proposed, event, f"{successor.code} isn't proposed as the agency")
    # An earlier agency could place its own ADMIN in the next.
    require(successor.pending_reset(now) is None, event, "a reset of the successor is pending")
    require_notice(event.effective_at, event)
    state.agencies.announce(successor.id, event.effective_at, now)
    state.proposed_agency = None
    return agency.events, successor.events


def retired(state: LedgerState, event: DeploymentRetired) -> Histories:
    """Another deployment takes over; an announcement that isn't in effect yet is replaced."""
    agency = acting_agency(state, event, event.agency)
    require(not state.retired(event.at.timestamp), event, "the deployment is retired already")
    require_notice(event.effective_at, event)
    state.retirement = Retirement(event.successor, event.effective_at)
    return (agency.events,)
