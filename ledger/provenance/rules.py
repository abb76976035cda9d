"""What the rules of the fold share: how they say that an event cannot be, and who may act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ledger.errors import IntegrityError
from ledger.events import Capability, Event
from ledger.identifiers import Address, DepartmentId
from ledger.provenance.members import Department, Periods
from ledger.provenance.times import Decision

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState

Histories = tuple[list[Event], ...]
"""The histories that an event belongs to."""

KeyT = TypeVar("KeyT")
ThingT = TypeVar("ThingT")


def impossible(event: Event, why: str) -> IntegrityError:
    """The error that names the event and says why the contracts can't have emitted it here."""
    return IntegrityError(
        f"{type(event).__name__} at {event.at} of {event.at.contract} is impossible: {why}",
        hint="an event before it is missing or altered: compare with another node",
    )


def require(condition: bool, event: Event, why: str) -> None:
    """Check what the contract checked before it emitted the event.

    Raises:
        IntegrityError: `condition` is false.
    """
    if not condition:
        raise impossible(event, why)


def known(table: Mapping[KeyT, ThingT], number: KeyT, event: Event, what: str) -> ThingT:
    """The thing of this number, which an earlier event created.

    Raises:
        IntegrityError: no event did.
    """
    found = table.get(number)
    if found is None:
        raise impossible(event, f"there is no {what} {number}")
    return found


def acting(state: LedgerState, event: Event, number: DepartmentId) -> Department:
    """The department that acted, which had to be in good standing.

    Raises:
        IntegrityError: it was unknown, not yet a member, or suspended.
    """
    department = known(state.departments, number, event, "department")
    standing = department.in_good_standing(event.at.timestamp)
    require(standing, event, f"{department.code} was not a member in good standing")
    return department


def acting_agency(state: LedgerState, event: Event, number: DepartmentId) -> Department:
    """The department that acted as the agency.

    Raises:
        IntegrityError: it wasn't the agency then.
    """
    department = known(state.departments, number, event, "department")
    agency = state.agencies.at(event.at.timestamp)
    require(number == agency, event, f"{department.code} isn't the agency")
    return department


def require_officer(department: Department, account: Address, event: Event) -> None:
    """Check that an account decides for a department.

    Raises:
        IntegrityError: it is none of its OFFICERs.
    """
    held = department.capabilities(account, event.at.timestamp)
    why = f"{account} is no OFFICER of {department.code}"
    require(Capability.OFFICER in held, event, why)


def require_not_retired(state: LedgerState, event: Event) -> None:
    """Check that the deployment still serves.

    Raises:
        IntegrityError: another one had taken over.
    """
    require(not state.retired(event.at.timestamp), event, "the deployment is retired")


def require_notice(effective_at: int, event: Event) -> None:
    """Check that what is announced comes after the announcement.

    Raises:
        IntegrityError: it was in effect before.
    """
    require(effective_at >= event.at.timestamp, event, "it takes effect before it was announced")


def decision(event: Any) -> Decision:
    """The reason that an event gives."""
    return Decision(event.reason_code, event.reason, event.at.timestamp)


def histories(*lists: list[Event]) -> Histories:
    """These histories, each once: one department may have two parts in an event."""
    return tuple({id(each): each for each in lists}.values())


def periods(state: LedgerState, event: Event) -> Periods:
    """The periods in force at the event's time.

    Raises:
        IntegrityError: there were none.
    """
    found = state.periods_in_force(event.at.timestamp)
    if found is None:
        raise impossible(event, "the agency had set no deadlines")
    return found


def require_deadline(
    deadline: int, period_s: int, event: Event, *, since: int | None = None
) -> None:
    """Check that a deadline is the event's time, or `since`, and the agency's period (rule 1).

    Raises:
        IntegrityError: it is another.
    """
    expected = (event.at.timestamp if since is None else since) + period_s
    require(deadline == expected, event, f"its deadline is {deadline}, expected {expected}")
