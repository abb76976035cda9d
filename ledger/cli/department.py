"""`ledger department`: members, their accounts and their encryption keys."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.memberviews import (
    ACCOUNT_COLUMNS,
    DEPARTMENT_COLUMNS,
    FINDING_COLUMNS,
    GROUP_COLUMNS,
    KEY_COLUMNS,
    RESET_COLUMNS,
    AccountRow,
    DepartmentRow,
    FindingRow,
    GroupRow,
    KeyRow,
    ResetRow,
)
from ledger.cli.options import DepartmentArgument

if TYPE_CHECKING:
    from ledger.client import Ledger


class CapabilityName(StrEnum):
    """What an account may do; typer takes a list of an enumeration, not of a Literal."""

    ADMIN = "admin"
    OFFICER = "officer"
    AGENT = "agent"


AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An account, 0x and 40 hexadecimal digits.")
]

department_app = noun("Departments, their accounts and encryption keys.")
account_app = noun("Which accounts act for this department.")
key_app = noun("The keys that others encrypt to.")
department_app.add_typer(account_app, name="account")
department_app.add_typer(key_app, name="key")


@command(department_app, "list", example="ledger department list --group municipal")
def list_(
    cli: Invocation,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="GROUP", help="Only who is in it, or about to be."),
    ] = None,
) -> None:
    """List the members."""
    with cli.ledger() as ledger:
        now = ledger.session.now()
        rows = [
            DepartmentRow.of(one, now)
            for one in ledger.state().departments.values()
            if group is None or group in one.groups
        ]
        empty = "There are no members yet." if group is None else f"Nobody is in {group}."
        cli.out.rows(rows, DEPARTMENT_COLUMNS, empty=empty)


@command(department_app, "show", example="ledger department show labour")
def show(cli: Invocation, code: DepartmentArgument) -> None:
    """Show one member: its standing, groups, accounts, keys, and what was found about it."""
    with cli.ledger() as ledger:
        department, now = ledger.state().department(code), ledger.session.now()
        findings = [FindingRow.of(view) for view in ledger.findings.about(code)]
        cli.out.detail(
            DepartmentRow.of(department, now),
            groups=(GroupRow.all_of(department), GROUP_COLUMNS),
            accounts=(AccountRow.all_of(department, now), ACCOUNT_COLUMNS),
            keys=(KeyRow.all_of(department, now), KEY_COLUMNS),
            findings=(findings, FINDING_COLUMNS),
            resets=(ResetRow.all_of(department, now), RESET_COLUMNS),
        )


@command(department_app, "finding", example="ledger department finding labour 1")
def finding(
    cli: Invocation,
    code: DepartmentArgument,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, help="As `ledger department show` lists it.")
    ],
) -> None:
    """Show a finding about a member whole, with its sealed part where that is for us."""
    with cli.ledger() as ledger:
        view = ledger.findings.show(code, number)
        record = view.record
        annex = record.annex if record else None
        mine = annex and any(one.department == ledger.code for one in annex.recipients)
        cli.out.detail(
            FindingRow.of(view),
            more={
                "grants": record.grants if record else (),
                "transfers": record.transfers if record else (),
                "sealed": ledger.findings.sealed(code, number) if mine else None,
            },
        )


@command(department_app, "veto", example="ledger department veto", writes=True)
def veto(cli: Invocation) -> None:
    """Stop the pending reset of this department's ADMIN; any of its accounts can."""
    with cli.ledger() as ledger:
        done = ledger.department.veto_reset()
        cli.out.show(done, f"The new ADMIN of {ledger.code} is vetoed.")


@command(
    account_app,
    "add",
    example="ledger department account add 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --as officer",
    writes=True,
)
def account_add(
    cli: Invocation,
    address: AddressArgument,
    capabilities: Annotated[
        list[CapabilityName],
        typer.Option("--as", help="What it may do; give it again for more than one."),
    ],
) -> None:
    """Let an account act for this department."""
    with cli.ledger() as ledger:
        done = ledger.department.add_account(address, [one.value for one in capabilities])
        cli.out.show(done, f"{address} acts for {ledger.code} as {', '.join(capabilities)}.")


@command(
    account_app,
    "remove",
    example="ledger department account remove 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    writes=True,
)
def account_remove(cli: Invocation, address: AddressArgument) -> None:
    """Take an account's rights away at once."""
    cli.confirm(f"Remove the account {address} from this department?")
    with cli.ledger() as ledger:
        done = ledger.department.remove_account(address)
        cli.out.show(done, f"{address} acts for {ledger.code} no more.")


@command(key_app, "publish", example="ledger department key publish", writes=True)
def key_publish(cli: Invocation) -> None:
    """Publish this department's first encryption key, so that others can send it data.

    Where there is a key already, this publishes the next one, as `ledger department key rotate`.
    """
    with cli.ledger() as ledger:
        _next_key(cli, ledger)


@command(key_app, "rotate", example="ledger department key rotate", writes=True)
def key_rotate(cli: Invocation) -> None:
    """Publish the next encryption key; it replaces the present one after the key delay."""
    with cli.ledger() as ledger:
        _next_key(cli, ledger)


def _next_key(cli: Invocation, ledger: Ledger) -> None:
    former = ledger.session.me().current_key(ledger.session.now())
    done = ledger.department.publish_key()
    since = cli.out.when(done.effective_at)
    told = [f"Key {done.number} is published; it is used from {since}."]
    if former is not None and former.number != done.number:
        told.append(
            f"Until then key {former.number} is in use; it goes on opening what was wrapped to it."
        )
    cli.out.show(done, *told)


@command(key_app, "list", example="ledger department key list labour")
def key_list(
    cli: Invocation,
    code: Annotated[
        str | None, typer.Argument(metavar="DEPARTMENT", help="Whose keys; else one's own.")
    ] = None,
) -> None:
    """List a department's encryption keys."""
    with cli.ledger() as ledger:
        department = ledger.state().department(code) if code else ledger.session.me()
        rows = KeyRow.all_of(department, ledger.session.now())
        cli.out.rows(rows, KEY_COLUMNS, empty=f"{department.code} has published no key.")


@command(key_app, "retire", example="ledger department key retire 1", writes=True)
def key_retire(
    cli: Invocation,
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The key's number.")],
) -> None:
    """Retire a key for good: nothing is released to it any more."""
    cli.confirm(f"Retire key {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.department.retire_key(number)
        cli.out.show(done, f"Key {number} is retired.")
