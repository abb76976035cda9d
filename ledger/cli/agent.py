"""`ledger agent`: the program that releases keys day and night."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun

agent_app = noun("The program that releases keys day and night.")


@command(agent_app, "run", example="ledger agent run --metrics-port 9101")
def run(
    cli: Invocation,
    poll: Annotated[
        float,
        typer.Option("--poll", min=0.05, max=60, metavar="SECONDS", help="Pause between rounds."),
    ] = 1.0,
    metrics_port: Annotated[
        int,
        typer.Option(
            "--metrics-port", min=0, max=65_535, metavar="PORT", help="On loopback; 0: any free."
        ),
    ] = 0,
    once: Annotated[bool, typer.Option("--once", help="Do one round and end.")] = False,
) -> None:
    """Release keys to who opened transfers, and answer queries, until SIGINT or SIGTERM."""
    from ledger.cli.agentrun import run_agent

    with cli.ledger() as ledger:
        run_agent(cli, ledger, poll_s=poll, metrics_port=metrics_port, once=once)


@command(agent_app, "status", example="ledger agent status")
def status(cli: Invocation) -> None:
    """Show whether this department's agent runs, and how it is."""
    from ledger.cli.agentrun import agent_status

    cli.out.show(agent_status(cli.home()))
