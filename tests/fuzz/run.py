"""Throws bytes at one target until RUNS are done or something breaks: see `scripts/fuzz`."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import atheris

_UNWATCHED = ["tests.fuzz.mutations"]
if sys.argv[1:2] != ["json"]:  # reading JSON is watched once: it would slow down every other target
    _UNWATCHED.append("ledger.records")
with atheris.instrument_imports(include=["ledger", "tests"], exclude=_UNWATCHED):
    from tests.fuzz.targets import TARGETS

_KEPT = Path("build") / "fuzz"
_MAX_SECONDS = 5
_MAX_MEGABYTES = 1024


def main(name: str, runs: int) -> None:
    """Start from the target's seeds and whatever earlier runs found worth keeping."""
    target = TARGETS[name]
    corpus = _KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    fed = taken = 0

    def feed(data: bytes) -> None:
        nonlocal fed, taken
        fed, taken = fed + 1, taken + target.feed(data)
        if fed == runs:
            print(f"{taken:,} of {fed:,} inputs were taken")  # libFuzzer ends without us

    def alter(data: bytes, max_bytes: int, seed: int) -> bytes:
        draw = random.Random(seed)
        if draw.random() < 0.6:
            altered = target.alter(draw, data, target.seeds)
            if len(altered) <= max_bytes:
                return altered
        return atheris.Mutate(data, max_bytes)

    options = [f"-runs={runs}", f"-max_len={target.max_bytes}", f"-timeout={_MAX_SECONDS}"]
    options += [f"-rss_limit_mb={_MAX_MEGABYTES}", f"-artifact_prefix={_KEPT}/{name}-"]
    # Without its seeds, a target whose parser isn't Python would be left with two bytes.
    options += ["-keep_seed=1", "-print_final_stats=1"]
    atheris.Setup([name, *options, str(corpus)], feed, custom_mutator=alter)
    atheris.Fuzz()


if __name__ == "__main__":
    known = ", ".join(TARGETS)
    if len(sys.argv) != 3 or sys.argv[1] not in TARGETS or not sys.argv[2].isdigit():
        sys.exit(f"usage: scripts/fuzz NAME RUNS, where NAME is one of {known}")
    main(sys.argv[1], int(sys.argv[2]))
