"""`ledger agency`: what only the agency does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DepartmentArgument,
    GrantArgument,
    GroundsOption,
    MaybeReasonOption,
    MaybeTextOption,
    ReasonOption,
    TextOption,
    duration_option,
    record_file,
)
from ledger.cli.scorecard import scorecard_app
from ledger.errors import InputError
from ledger.render import duration

LevelName = Literal["national", "regional", "municipal"]

agency_app = noun("What only the agency does: members, deadlines, auditors.")
handover_app = noun("How the agency becomes another member.")
agency_app.add_typer(handover_app, name="handover")
agency_app.add_typer(scorecard_app, name="scorecard")


@command(
    agency_app,
    "admit",
    example='ledger agency admit labour 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --name "Labour"',
    writes=True,
)
def admit(
    cli: Invocation,
    code: DepartmentArgument,
    admin: Annotated[
        str,
        typer.Argument(metavar="ADDRESS", help="Its ADMIN account, from `ledger init`."),
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The department's name.")],
    level: Annotated[
        LevelName, typer.Option("--level", help="The level of government it belongs to.")
    ] = "national",
    parent: Annotated[
        str | None, typer.Option("--parent", metavar="CODE", help="The department above it.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", metavar="TEXT", help="Where to reach it.")
    ] = None,
) -> None:
    """Admit a department, which is a member once the notice period is over."""
    from ledger.models import Level

    with cli.ledger() as ledger:
        done = ledger.agency.admit(
            code, admin, name=name, level=Level(level), parent=parent, contact=contact
        )
        since = cli.out.when(done.effective_at)
        cli.out.show(done, f"{done.code} is admitted: department {done.department}, from {since}.")


@command(
    agency_app,
    "suspend",
    example='ledger agency suspend labour --reason misuse --text "Passed data on."',
    writes=True,
)
def suspend(
    cli: Invocation, code: DepartmentArgument, reason: ReasonOption, text: TextOption
) -> None:
    """Suspend a department at once: its grants stop and it can ask for nothing."""
    cli.confirm(f"Suspend {code} at once?")
    with cli.ledger() as ledger:
        done = ledger.agency.suspend(code, reason=reason, text=text)
        cli.out.show(done, f"{code} is suspended.")


@command(
    agency_app,
    "reinstate",
    example='ledger agency reinstate labour --reason resolved --text "Settled."',
    writes=True,
)
def reinstate(
    cli: Invocation, code: DepartmentArgument, reason: ReasonOption, text: TextOption
) -> None:
    """End a department's suspension at once."""
    with cli.ledger() as ledger:
        done = ledger.agency.reinstate(code, reason=reason, text=text)
        cli.out.show(done, f"{code} is a member in good standing again.")


@command(agency_app, "auditor", example="ledger agency auditor audit-office", writes=True)
def auditor(
    cli: Invocation,
    code: DepartmentArgument,
    remove: Annotated[
        bool, typer.Option("--remove", help="End the appointment, after the notice period.")
    ] = False,
    reason: MaybeReasonOption = None,
    text: MaybeTextOption = None,
) -> None:
    """Make a member an auditing body, which sealed annexes are encrypted to as well.

    With `--remove` it is none any more after the notice period; that needs a reason.
    """
    if not remove:
        if reason is not None or text is not None:
            raise InputError("an appointment gives no reason: --reason and --text go with --remove")
        with cli.ledger() as ledger:
            done = ledger.agency.appoint_auditor(code)
            cli.out.show(done, f"{code} is an auditing body.")
        return
    if reason is None or text is None:
        raise InputError("removing an auditor needs a reason: expected --reason and --text")
    cli.confirm(f"Remove the auditing body {code}?")
    with cli.ledger() as ledger:
        ending = ledger.agency.remove_auditor(code, reason=reason, text=text)
        until = cli.out.when(ending.effective_at)
        cli.out.show(ending, f"{code} is an auditing body until {until}.")


@command(agency_app, "group", example="ledger agency group municipal port-city --add", writes=True)
def group(
    cli: Invocation,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group, as municipal.")],
    code: DepartmentArgument,
    member: Annotated[
        bool | None,
        typer.Option("--add/--remove", help="Add it after the notice period, or remove it now."),
    ] = None,
) -> None:
    """Put a member into a group, which offers can be for, or take it out.

    `ledger department list --group GROUP` lists who is in one.
    """
    if member is None:
        raise InputError("a member comes or goes: expected --add or --remove")
    with cli.ledger() as ledger:
        done = ledger.agency.set_group_member(group, code, member=member)
        since = cli.out.when(done.effective_at)
        how = f"is in the group {group} from {since}" if member else f"is not in {group} any more"
        cli.out.show(done, f"{code} {how}.")


@command(
    agency_app,
    "ruling",
    example='ledger agency ruling 7 --order --reason unfounded --text "Section 3 obliges labour."',
    writes=True,
)
def ruling(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    order: Annotated[
        bool | None,
        typer.Option("--order/--uphold", help="Order the owner to grant it, or uphold its no."),
    ] = None,
    grounds: GroundsOption = None,
) -> None:
    """Rule on a request that was escalated, after reading it with `ledger request show`."""
    if order is None:
        raise InputError("a ruling goes one way or the other: expected --order or --uphold")
    cli.confirm(f"{'Order the owner to grant' if order else 'Uphold the refusal of'} {number}?")
    with cli.ledger() as ledger:
        done = ledger.agency.rule(number, order=order, reason=reason, text=text, grounds=grounds)
        if done.comply_by is None:
            cli.out.show(done, f"The owner need not grant request {number}.")
        else:
            due = cli.out.when(done.comply_by)
            cli.out.show(done, f"The owner is ordered to grant request {number}, due {due}.")


@command(
    agency_app,
    "deadline",
    example="ledger agency deadline --respond 14d --release 2d --acknowledge 7d",
    writes=True,
)
def deadline(
    cli: Invocation,
    respond: Annotated[int | None, duration_option("--respond", "To decide on a request")] = None,
    release: Annotated[int | None, duration_option("--release", "To release a key")] = None,
    acknowledge: Annotated[
        int | None, duration_option("--acknowledge", "To acknowledge a release")
    ] = None,
    comply: Annotated[int | None, duration_option("--comply", "To comply with an order")] = None,
    attest: Annotated[int | None, duration_option("--attest", "To attest after a recall")] = None,
) -> None:
    """Set how long members have, for deadlines that begin after the notice period.

    Periods that are not given stay as they were last set, in force yet or not.
    """
    if not any((respond, release, acknowledge, comply, attest)):
        raise InputError("no period is given", hint="for example --respond 14d")
    with cli.ledger() as ledger:
        state, now = ledger.state(), ledger.session.now()
        announced = state.periods.pending(now)
        last = announced[1] if announced else state.periods_at(now)
        done = ledger.agency.set_deadlines(
            respond=respond or last.respond,
            release=release or last.release,
            acknowledge=acknowledge or last.acknowledge,
            comply=comply or last.comply,
            attest=attest or last.attest,
        )
        periods = {
            "respond": done.respond,
            "release": done.release,
            "acknowledge": done.acknowledge,
            "comply": done.comply,
            "attest": done.attest,
        }
        since = f"From {cli.out.when(done.effective_at)} on, members have"
        lines = [f"  {duration(period):>8}  to {verb}" for verb, period in periods.items()]
        cli.out.show(done, since, *lines)


@command(
    agency_app,
    "reset",
    example="ledger agency reset labour 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed \\\n"
    '  --reason accounts-lost --text "Their safe burnt."',
    writes=True,
)
def reset(
    cli: Invocation,
    code: DepartmentArgument,
    admin: Annotated[str, typer.Argument(metavar="ADDRESS", help="Its new ADMIN account.")],
    reason: ReasonOption,
    text: TextOption,
) -> None:
    """Give a department that lost its ADMIN a new one, unless it vetoes in the notice period.

    Its grants hold no more, once that is in effect, until their owners resume them.
    """
    cli.confirm(f"Make {admin} an ADMIN of {code}?")
    with cli.ledger() as ledger:
        done = ledger.agency.reset(code, admin, reason=reason, text=text)
        since = cli.out.when(done.effective_at)
        cli.out.show(done, f"{admin} is an ADMIN of {code} from {since}, unless {code} vetoes.")


@command(
    agency_app,
    "retire",
    example="ledger agency retire --successor next/deployment.json",
    writes=True,
)
def retire(
    cli: Invocation,
    successor: Annotated[
        Path,
        typer.Option("--successor", metavar="FILE", help="The next ledger's deployment file."),
    ],
) -> None:
    """Retire this ledger after the notice period, in favour of another.

    From then on nothing is requested, opened or released here; what closes or proves still works.
    """
    from ledger.deployment import Deployment

    hint = "give the file that was made when the next ledger was deployed"
    deployment = record_file(successor, Deployment, "deployment file", hint=hint)
    cli.confirm("Retire this ledger?")
    with cli.ledger() as ledger:
        done = ledger.agency.retire(deployment)
        until = cli.out.when(done.effective_at)
        cli.out.show(
            done, f"This ledger serves until {until}; {deployment.digest.hex()} takes over."
        )


@command(handover_app, "propose", example="ledger agency handover propose statistics", writes=True)
def handover_propose(cli: Invocation, code: DepartmentArgument) -> None:
    """Propose another member as the agency; nothing changes until it accepts."""
    with cli.ledger() as ledger:
        done = ledger.agency.propose_handover(code)
        cli.out.show(done, f"{code} is proposed: it accepts with: ledger agency handover accept")


@command(handover_app, "accept", example="ledger agency handover accept", writes=True)
def handover_accept(cli: Invocation) -> None:
    """Become the agency after the notice period, as the present one proposed."""
    cli.confirm("Become the agency, with all its duties?")
    with cli.ledger() as ledger:
        done = ledger.agency.accept_handover()
        cli.out.show(done, f"{ledger.code} is the agency from {cli.out.when(done.effective_at)}.")


@command(handover_app, "cancel", example="ledger agency handover cancel", writes=True)
def handover_cancel(cli: Invocation) -> None:
    """Take back a proposal, or a handover that isn't in effect yet."""
    with cli.ledger() as ledger:
        done = ledger.agency.cancel_handover()
        cli.out.show(done, f"{ledger.code} stays the agency.")
