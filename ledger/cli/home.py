"""`ledger init`, `doctor` and `inbox`: one department's home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, single
from ledger.cli.options import DepartmentArgument, record_file
from ledger.errors import LedgerError
from ledger.render import Column

init_app = single("Make a department's home: configuration, accounts, encryption key.")
doctor_app = single("Check the programs, nodes, accounts and keys that work needs.")
inbox_app = single("Show everything that waits for this department.")


@command(
    init_app,
    "init",
    example="ledger init labour --deployment deployment.json \\\n"
    "  --rpc http://127.0.0.1:8545 --ipfs /ip4/127.0.0.1/tcp/5001",
)
def init(
    cli: Invocation,
    code: DepartmentArgument,
    deployment: Annotated[
        Path, typer.Option("--deployment", metavar="FILE", help="The ledger's deployment file.")
    ],
    rpc: Annotated[
        list[str],
        typer.Option("--rpc", metavar="URL", help="A node of the chain; may be repeated."),
    ],
    ipfs: Annotated[
        list[str],
        typer.Option("--ipfs", metavar="ADDRESS", help="The API of an IPFS node; may be repeated."),
    ],
) -> None:
    """Make a department's home: configuration, three accounts, encryption keys."""
    from ledger.cli.making import make_home
    from ledger.deployment import Deployment

    made = make_home(
        code,
        profile=cli.settings.profile,
        deployment=record_file(
            deployment, Deployment, "deployment file", hint="get it from the agency"
        ),
        rpc=rpc,
        ipfs=ipfs,
        ask=cli.passphrase(None),
    )
    cli.out.show(
        made,
        f"The home of {made.department} is {made.folder}. Its accounts:",
        *(f"  {role:<8} {address}" for role, address in made.accounts.items()),
        f"Send the agency the code and the admin address; it runs: ledger agency admit {code} …",
        "Once admitted: ledger department account add ADDRESS --as officer (and --as agent), "
        "then: ledger department key publish",
    )


@command(doctor_app, "doctor", example="ledger doctor --profile labour")
def doctor(cli: Invocation) -> None:
    """Check the programs, nodes, accounts and keys that work needs; exit 1 if one fails."""
    from ledger.cli.diagnosis import diagnose

    checks = diagnose(cli)
    columns = [Column("", "mark"), Column("Check", "name"), Column("Found", "detail")]
    cli.out.rows(checks, columns, empty="")
    failed = [check for check in checks if not check.ok]
    for check in checks:
        if check.hint:
            cli.out.note(f"{check.name}: {check.hint}")
    if failed:
        raise typer.Exit(LedgerError.exit_code)


@command(inbox_app, "inbox", example="ledger inbox --profile labour")
def inbox(cli: Invocation) -> None:
    """Show everything that waits for this department, with the next command."""
    columns = [
        Column("Kind", "kind"),
        Column("What", "what"),
        Column("Due", "deadline"),
        Column("Next", "command"),
    ]
    with cli.ledger() as ledger:
        cli.out.rows(ledger.inbox(), columns, empty="Nothing waits for this department.")
