"""`ledger request`, the requester's verbs, and what both sides read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DatasetArgument,
    GrantArgument,
    GroundsOption,
    MaybePurposeOption,
    MineOption,
    OfDatasetOption,
    PurposeOption,
    ReasonOption,
    TextOption,
)
from ledger.cli.story import REASON_COLUMNS
from ledger.cli.terms import (
    AllFieldsOption,
    CaseOption,
    ContactOption,
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
from ledger.cli.views import REQUEST_COLUMNS, GrantRow, grant_rows
from ledger.errors import InputError, IntegrityError, NotFound

if TYPE_CHECKING:
    from ledger.models import Terms

SECURITY = "As this department's security policy says."

request_app = noun("Requests for access, from asking to the decision.")


@command(
    request_app,
    "create",
    example="ledger request create labour/employment --purpose statistics \\\n"
    '  --why "Monthly report" --legal-basis "Statistics Act, section 7" --valid-days 365',
    writes=True,
)
def create(
    cli: Invocation,
    dataset: DatasetArgument,
    purpose: PurposeOption,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The purpose in words.")],
    legal_basis: Annotated[
        str, typer.Option("--legal-basis", metavar="TEXT", help="The law that allows it.")
    ],
    valid_days: ValidDaysOption = None,
    valid_until: ValidUntilOption = None,
    retention_days: RetentionOption = None,
    security: SecurityOption = None,
    onward_use: OnwardUseOption = False,
    fields: FieldsOption = None,
    contact: ContactOption = None,
    case: CaseOption = None,
    offer: Annotated[
        int | None,
        typer.Option("--offer", min=1, metavar="NUMBER", help="Ask under this offer; else any."),
    ] = None,
) -> None:
    """Ask for a dataset, for a purpose, on a legal basis, for a time; an offer grants it at once.

    How long the data is kept and how it is protected is taken from --offer where it isn't said.
    """
    if (valid_days is None) == (valid_until is None):
        raise InputError(
            "a request says how long it is for: expected --valid-days or --valid-until, not both",
            hint="for example --valid-days 365",
        )
    with cli.ledger() as ledger:
        offered = ledger.offers.record(offer) if offer else None
        done = ledger.requests.create(
            dataset,
            purpose=purpose,
            purpose_text=why,
            legal_basis=legal_basis,
            valid_days=valid_days,
            valid_until=valid_until,
            retention_days=retention_days or (offered.retention_days if offered else 365),
            security_measures=security or (offered.security_measures if offered else SECURITY),
            onward_use=bool(onward_use),
            fields=fields,
            contact=contact,
            case=case,
            offer=offer,
        )
        again = "was made before and is" if done.already else "is"
        due = f"; the answer is due {cli.out.when(done.respond_by)}"
        waits = due if done.state == "requested" else ""
        cli.out.show(done, f"Request {done.grant} for {done.dataset} {again} {done.state}{waits}.")


@command(request_app, "list", example="ledger request list --mine")
def list_(cli: Invocation, mine: MineOption = False, dataset: OfDatasetOption = None) -> None:
    """List requests, whatever became of them."""
    with cli.ledger() as ledger:
        rows = grant_rows(ledger, ledger.requests.list(dataset=dataset), mine=mine)
        cli.out.rows(rows, REQUEST_COLUMNS, empty="There is no such request.")


@command(request_app, "show", example="ledger request show 7")
def show(cli: Invocation, number: GrantArgument) -> None:
    """Show a request with its terms, other terms that its owner offers, and what is sealed to this
    department.
    """
    with cli.ledger() as ledger:
        grant = ledger.requests.show(number)
        row = GrantRow.of(grant, ledger.state(), ledger.session.now())
        more = _in_words(ledger.requests.terms(number))
        try:
            more["sealed"] = ledger.requests.sealed(number)
        except (NotFound, IntegrityError):
            more["sealed"] = None
        more["counter"] = None
        if grant.counter is not None:
            more["counter"] = CounterTerms.of(ledger.requests.counter_terms(number))
        own = [event for event in grant.history if event.CONTRACT == "AccessGrants"]
        cli.out.detail(
            row, more=more, rare=["reasons"], reasons=(ledger.reasons(own), REASON_COLUMNS)
        )


@dataclass(frozen=True)
class CounterTerms:
    """The terms that an owner offers instead."""

    purpose: str
    purpose_text: str
    legal_basis: str
    retention_days: int
    fields: tuple[str, ...] | str
    onward_use: bool
    security_measures: str
    valid_until: int

    @classmethod
    def of(cls, terms: Terms) -> CounterTerms:
        """Take them from their record."""
        return cls(purpose=terms.purpose.label, valid_until=terms.valid_until, **_in_words(terms))


def _in_words(terms: Terms) -> dict[str, Any]:
    plain = terms.model_dump(include={"purpose_text", "legal_basis", "retention_days"})
    return plain | {
        "fields": terms.fields or "all",
        "onward_use": terms.onward_use,
        "security_measures": terms.security_measures,
    }


@command(request_app, "accept", example="ledger request accept 7", writes=True)
def accept(cli: Invocation, number: GrantArgument) -> None:
    """Take the other terms that the owner offers."""
    cli.confirm(f"Accept the owner's terms for request {number}? `ledger request show` tells them.")
    with cli.ledger() as ledger:
        done = ledger.requests.accept(number)
        state = ledger.requests.show(number).state
        second = (
            "; the owner's second officer has still to approve" if state.name != "ACTIVE" else ""
        )
        cli.out.show(done, f"The owner's terms for request {number} are accepted{second}.")


@command(
    request_app,
    "resubmit",
    example='ledger request resubmit 7 --why "Monthly report, years 2020 to 2026"',
    writes=True,
)
def resubmit(
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
    contact: ContactOption = None,
    case: CaseOption = None,
) -> None:
    """Ask again after a return, with what is said here changed."""
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
    with cli.ledger() as ledger:
        done = ledger.requests.resubmit(number, contact=contact, case=case, **said(given))
        due = cli.out.when(done.respond_by)
        cli.out.show(done, f"Request {number} is {done.state} again; the answer is due {due}.")


@command(
    request_app,
    "escalate",
    example='ledger request escalate 7 --reason no-response --text "Due two weeks ago."',
    writes=True,
)
def escalate(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Bring a request that got no yes before the agency."""
    with cli.ledger() as ledger:
        done = ledger.requests.escalate(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Request {number} is before the agency.")


@command(request_app, "withdraw", example="ledger request withdraw 7", writes=True)
def withdraw(cli: Invocation, number: GrantArgument) -> None:
    """Take back a request of this department."""
    cli.confirm(f"Withdraw request {number}?")
    with cli.ledger() as ledger:
        done = ledger.requests.withdraw(number)
        cli.out.show(done, f"Request {number} is withdrawn.")
