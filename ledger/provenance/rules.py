"""What the rules of the fold share: how they say that an event cannot be, and who may act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.errors import IntegrityError
from ledger.events import Event
from ledger.identifiers import DepartmentId
from ledger.provenance.members import Department, Periods

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState

AGENCY: Final = DepartmentId(1)
"""The agency is the first department."""

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


def periods(state: LedgerState, event: Event) -> Periods:
    """The periods in force at the event's time.

    Raises:
        IntegrityError: there were none.
    """
    found = state.periods_in_force(event.at.timestamp)
    if found is None:
        raise impossible(event, "the agency had set no deadlines")
    return found


def require_deadline(deadline: int, period_s: int, event: Event) -> None:
    """Check that a deadline is the event's time and the agency's period (design, rule 1).

    Raises:
        IntegrityError: it is another.
    """
    expected = event.at.timestamp + period_s
    require(deadline == expected, event, f"its deadline is {deadline}, expected {expected}")
