"""`ledger request`: from asking for a dataset to the owner's decision; here, the owner's verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.cli.asking import request_app
from ledger.cli.context import Invocation
from ledger.cli.frame import command
from ledger.cli.options import (
    GrantArgument,
    GroundsOption,
    MaybePurposeOption,
    ReasonOption,
    TextOption,
)
from ledger.cli.terms import (
    AllFieldsOption,
    FieldsOption,
    LegalBasisOption,
    OnwardUseOption,
    RetentionOption,
    SecurityOption,
    ValidDaysOption,
    ValidUntilOption,
    WhyOption,
    said,
)
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.client.results import Decided


@command(request_app, "approve", example="ledger request approve 7", writes=True)
def approve(cli: Invocation, number: GrantArgument) -> None:
    """Approve a request: from then on the requester gets what it opens."""
    with cli.ledger() as ledger:
        done = ledger.requests.approve(number)
        cli.out.show(done, _agreed(number, done))


@command(request_app, "comply", example="ledger request comply 7", writes=True)
def comply(cli: Invocation, number: GrantArgument) -> None:
    """Grant a request as the agency ordered."""
    with cli.ledger() as ledger:
        done = ledger.requests.comply(number)
        cli.out.show(done, _agreed(number, done))


def _agreed(number: int, done: Decided) -> str:
    if done.granted:
        return f"Request {number} is approved."
    return f"Request {number} has its first approval; another officer has to approve it too."


@command(
    request_app,
    "counter",
    example="ledger request counter 7 --field year --field value --no-onward-use",
    writes=True,
)
def counter(
    cli: Invocation,
    number: GrantArgument,
    purpose: MaybePurposeOption = None,
    why: WhyOption = None,
    legal_basis: LegalBasisOption = None,
    valid_days: ValidDaysOption = None,
    valid_until: ValidUntilOption = None,
    retention_days: RetentionOption = None,
    security: SecurityOption = None,
    onward_use: OnwardUseOption = None,
    fields: FieldsOption = None,
    all_fields: AllFieldsOption = False,
) -> None:
    """Offer the requester other terms: those it asked for, with what is said here changed."""
    given = {
        "purpose": purpose,
        "purpose_text": why,
        "legal_basis": legal_basis,
        "fields": fields,
        "all_fields": all_fields or None,
        "retention_days": retention_days,
        "security_measures": security,
        "onward_use": onward_use,
        "valid_days": valid_days,
        "valid_until": valid_until,
    }
    if not said(given):
        raise InputError(
            "a counter says what is different", hint=f"to agree: ledger request approve {number}"
        )
    with cli.ledger() as ledger:
        done = ledger.requests.counter(number, **said(given))
        lapses = cli.out.when(done.lapses_at)
        cli.out.show(done, f"Other terms are offered for request {number}; they lapse {lapses}.")


@command(
    request_app,
    "return",
    example='ledger request return 7 --reason incomplete --text "Which years?"',
    writes=True,
)
def return_(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Send a request back to be completed."""
    with cli.ledger() as ledger:
        done = ledger.requests.return_for_completion(
            number, reason=reason, text=text, grounds=grounds
        )
        cli.out.show(done, f"Request {number} is returned to be completed.")


@command(
    request_app,
    "refuse",
    example='ledger request refuse 7 --reason no-legal-basis --text "The Act does not cover it."',
    writes=True,
)
def refuse(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Refuse a request, with a reason that stays on the record."""
    with cli.ledger() as ledger:
        done = ledger.requests.refuse(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Request {number} is refused.")
