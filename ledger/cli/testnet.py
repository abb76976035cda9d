"""`ledger testnet`: a chain and an IPFS node on this machine, to try things on."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import seconds
from ledger.render import iso

EngineOption = Annotated[
    Literal["ganache", "anvil"] | None,
    typer.Option("--engine", help="The chain's program; else the one it has, or ganache."),
]
NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The snapshot's name: 1 to 32 of a-z, 0-9 and '-'.")
]

testnet_app = noun("A chain and an IPFS node on this machine, to try things on.")


@command(testnet_app, "up", example="ledger testnet up")
def up(cli: Invocation, engine: EngineOption = None) -> None:
    """Start the test network, with the ledger deployed on it; obtain its programs at first."""
    from ledger.testnet.country import DEPARTMENTS

    found = cli.testnet().up(engine=engine)
    seeded = {member.code for member in DEPARTMENTS} <= set(found.homes)
    cli.out.show(
        found,
        f"The test network is up: {found.engine} at {found.chain}, IPFS at {found.ipfs}.",
        f"Its deployment file is {found.deployment}.",
        f"Next: ledger {'inbox --profile labour' if seeded else 'testnet seed'}",
    )


@command(testnet_app, "down", example="ledger testnet down")
def down(cli: Invocation) -> None:
    """Stop the test network; its data stays."""
    cli.testnet().down()
    cli.out.show({"running": False}, "The test network is stopped.")


@command(testnet_app, "status", example="ledger testnet status")
def status(cli: Invocation) -> None:
    """Show whether it runs, where, and which snapshots there are."""
    cli.out.show(cli.testnet().status())


@command(testnet_app, "reset", example="ledger testnet reset --yes")
def reset(cli: Invocation) -> None:
    """Delete the test network's chain, IPFS node and homes; snapshots stay."""
    cli.confirm("Delete the test network's chain, IPFS node and homes? Its snapshots stay.")
    cli.testnet().reset()
    cli.out.show({"reset": True}, "The test network is deleted; start again: ledger testnet up")


@command(testnet_app, "snapshot", example="ledger testnet snapshot before-recall")
def snapshot(cli: Invocation, name: NameArgument) -> None:
    """Keep chain, IPFS node and homes under a name."""
    cli.testnet().snapshot(name)
    cli.out.show({"snapshot": name}, f"Snapshot {name} is taken.")


@command(testnet_app, "restore", example="ledger testnet restore before-recall")
def restore(cli: Invocation, name: NameArgument) -> None:
    """Put chain, IPFS node and homes back to what they were."""
    cli.confirm(f"Replace chain, IPFS node and homes by snapshot {name}?")
    cli.testnet().restore(name)
    cli.out.show({"restored": name}, f"Snapshot {name} is restored.")


@command(testnet_app, "advance", example="ledger testnet advance 14d")
def advance(
    cli: Invocation,
    time: Annotated[
        int, typer.Argument(metavar="TIME", parser=seconds, help="How far, as 90s, 12h or 14d.")
    ],
) -> None:
    """Move the chain's clock forward, so that deadlines pass."""
    now = cli.testnet().advance(time)
    cli.out.show({"blockTime": iso(now)}, f"Block time is {cli.out.when(now)} now.")


@command(testnet_app, "seed", example="ledger testnet seed")
def seed(cli: Invocation) -> None:
    """Build a small country on it: departments, specifications, datasets and grants."""
    found = cli.testnet().seed()
    cli.out.show(
        found,
        f"Members: {', '.join(found.members)}",
        f"Datasets: {', '.join(found.datasets)}",
        "Grants:",
        *(f"  {grant}" for grant in found.grants),
        "Try:",
        *(f"  {line}" for line in found.commands),
    )
