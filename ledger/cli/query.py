"""`ledger query`: one service query, start to answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, single
from ledger.cli.options import file_bytes, sealed_option, timeout_option
from ledger.errors import InputError
from ledger.identifiers import shown
from ledger.render import size

if TYPE_CHECKING:
    from ledger.client.results import Answered

query_app = single("Ask a service, and get its answer.")


@command(
    query_app,
    "query",
    example="ledger query labour/vacancies --param year=2026 --out vacancies.csv",
    writes=True,
)
def query(
    cli: Invocation,
    what: Annotated[
        str,
        typer.Argument(
            metavar="DATASET|NUMBER", help="A service's name, or the number of an earlier query."
        ),
    ],
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="A parameter; may be repeated. Other users of this machine can see it in the "
            "list of processes: use --params for what they may not.",
        ),
    ] = None,
    params: Annotated[
        str | None,
        typer.Option(
            "--params",
            metavar="FILE|-",
            help="Parameters as a JSON object, from a file or stdin (-).",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        sealed_option("--subject", "Whom the query is about, as the owner knows the person."),
    ] = None,
    consent: Annotated[
        int | None,
        typer.Option(
            "--consent",
            metavar="NUMBER",
            min=1,
            help="The subject's consent, where the service needs one.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The file to write, or a folder; else shown."),
    ] = None,
    timeout: Annotated[int | None, timeout_option("the owner's agent")] = None,
) -> None:
    """Ask a service: seal the query, wait for the answer, check and acknowledge it.

    Parameters and subject are sealed to the owner. Broken off, the same command goes on where it
    stopped and asks nothing twice. An attempt that is refused is recorded.
    """
    texts = dict(_named(text) for text in param or ())
    parameters = _read(params) if params is not None else {}
    if what.isdecimal() and (texts or params is not None or subject is not None or consent):
        raise InputError("an earlier query has its question already", hint=f"ledger query {what}")
    with cli.ledger() as ledger:
        timeout_s = timeout or 120
        if what.isdecimal():
            done = ledger.queries.receive(int(what), out=out, timeout_s=timeout_s)
        else:
            done = ledger.queries.ask(
                what,
                parameters,
                texts=texts,
                subject=subject,
                consent=ledger.consents.link(consent) if consent is not None else None,
                out=out,
                timeout_s=timeout_s,
            )
        _show(cli, done)


def _show(cli: Invocation, done: Answered) -> None:
    rows = "one row" if done.rows == 1 else f"{done.rows:,} rows"
    end = f"transfer {done.transfer} is acknowledged."
    if done.path is not None:
        taken = size(done.path.stat().st_size)
        where = f"The answer of {done.dataset} is in {done.path} ({taken}, {rows})"
        cli.out.show(done, f"{where}; {end}")
        return
    cli.out.note(f"{done.dataset} answers with {rows}; {end}")
    cli.out.cells(done, done.content or (), done.columns)


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{shown(text)} is no parameter: expected NAME=VALUE")
    return name, value


def _read(place: str) -> dict[str, Any]:
    """Parameters from a file, whose content is in no message.

    Raises:
        InputError: it can't be read, or isn't a JSON object.
    """
    try:
        data = sys.stdin.buffer.read() if place == "-" else file_bytes(Path(place))
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(
            f"{shown(place)} holds no parameters: expected a JSON object, each name once",
            hint='for example {"year": 2026}',
        )
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same name twice")
    return found
