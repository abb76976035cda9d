"""Throws bytes at one target until RUNS are done or something breaks: see `scripts/fuzz`."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ledger"]):
    from tests.fuzz.targets import TARGETS

_KEPT = Path("build") / "fuzz"
_MAX_BYTES = 8192


def main(name: str, runs: int) -> None:
    """Start from the target's seeds and whatever earlier runs found worth keeping."""
    corpus = _KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-runs={runs}", f"-max_len={_MAX_BYTES}", f"-artifact_prefix={_KEPT}/{name}-"]
    options.append("-print_final_stats=1")
    atheris.Setup([name, *options, str(corpus)], lambda data: TARGETS[name].feed(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    known = ", ".join(TARGETS)
    if len(sys.argv) != 3 or sys.argv[1] not in TARGETS or not sys.argv[2].isdigit():
        sys.exit(f"usage: scripts/fuzz NAME RUNS, where NAME is one of {known}")
    main(sys.argv[1], int(sys.argv[2]))
