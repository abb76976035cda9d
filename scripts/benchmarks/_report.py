"""How a benchmark shows its figures: a table, or one JSON document with `--json`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measurement; `ok` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: str | None = None
    ok: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must not be larger than `limit`."""
    return Figure(name, round(value, 3), unit, f"<= {limit:g}", value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must not be smaller than `limit`."""
    return Figure(name, round(value, 3), unit, f">= {limit:g}", value >= limit)


def report(bench: str, figures: list[Figure]) -> None:
    """Print the figures and exit: 0 when every target is met, else 1."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({"bench": bench, "figures": [asdict(figure) for figure in figures]}))
    else:
        width = max(len(figure.name) for figure in figures)
        for figure in figures:
            verdict = {None: "", True: "ok", False: "MISSED"}[figure.ok]
            target = f"target {figure.target}" if figure.target else ""
            measured = f"{figure.value:>14,.3f} {figure.unit:8}"
            line = f"{figure.name:{width}}  {measured} {target:18} {verdict}"
            print(line.rstrip())
    sys.exit(0 if all(figure.ok is not False for figure in figures) else 1)
