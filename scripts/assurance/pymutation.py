"""`scripts/assure mutmut [NAME…]`: does a unit test notice each small mistake in the core?

A name is a module (`ledger.envelope.wrap`) or a pattern (`ledger.provenance.*`); none is all of the
core and the outbox. mutmut works on a copy, and forks from a process that has loaded everything:
what runs while a module is loaded escapes it. So each mutant that survives is tried once more in a
process of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

COPY: Final = Path("build/mutation")
TOOLS: Final = Path("build/mutmut")
CORE: Final = (
    "envelope/", "events/", "models/", "provenance/", "verify/",
    "identifiers.py", "recordmodel.py", "records.py", "chain/outbox.py",
)  # fmt: skip
# Tests of adapters and of the documentation find no mistake of the core, and take their time.
LEFT_OUT: Final = (
    "compile", "daemon", "doctor", "ipfs", "locks", "snapshots", "testnet_settings", "threat_model",
    "toolchain",
)  # fmt: skip
# They start processes, which don't know of mutmut.
DESELECTED: Final = (
    "test_events.py::test_events_load_without_heavy_libraries",
    "test_records.py::test_a_bomb_of_brackets_does_not_end_the_process",
)
KILLED: Final = ("killed", "timeout", "segfault")


def tests() -> list[str]:
    """The unit tests that mutants have to get past."""
    found = sorted(Path("tests/unit").glob("test_*.py"))
    kept = [str(path) for path in found if path.stem.removeprefix("test_") not in LEFT_OUT]
    return [*(f"--deselect=tests/unit/{name}" for name in DESELECTED), *kept]


def copy_checkout() -> None:
    """Lay a copy of what git knows into the build folder, with mutmut's settings."""
    shutil.rmtree(COPY, ignore_errors=True)
    # There from the start, or the interpreter never looks into it again.
    (COPY / "mutants").mkdir(parents=True)
    names = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, COPY / name)
    modules = [str(path) for path in sorted(Path("ledger").rglob("*.py"))]
    untouched = [name for name in modules if not name.removeprefix("ledger/").startswith(CORE)]
    left_out = ("ledger", "mutants", ".gitignore")
    beside = [path.name for path in COPY.iterdir() if path.name not in left_out]
    with (COPY / "pyproject.toml").open("a") as file:
        file.write(
            "\n[tool.mutmut]\n"
            'source_paths = ["ledger"]\n'
            f"do_not_mutate = {untouched!r}\n"
            f"pytest_add_cli_args_test_selection = {tests()!r}\n"
            f"also_copy = {beside!r}\n"
        )


def environment() -> dict[str, str]:
    """Mutants come before the checkout, which the virtual environment has installed."""
    places = (COPY / "mutants", TOOLS)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(place.resolve()) for place in places)}


def mutmut(*arguments: str, quiet: bool = False) -> str:
    """Run mutmut in the copy."""
    done = subprocess.run(
        [Path(".venv/bin/python").absolute(), "-m", "mutmut", *arguments],
        cwd=COPY,
        env=environment(),
        stdout=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    return done.stdout or ""


def results() -> dict[str, str]:
    """What became of each mutant that was tried."""
    found = re.findall(r"^\s*(\S+): (.+)$", mutmut("results", "--all", "true", quiet=True), re.M)
    return {name: how for name, how in found if how != "not checked"}


def survives_alone(mutant: str) -> bool:
    """Whether no test notices it in a process of its own, which loads everything with it.

    Asked are the tests that have its package's name, and those that know every format.
    """
    package = mutant.split(".")[1].removesuffix("s")
    asked = [name for name in tests() if package in name or "vectors" in name or "--" in name]
    done = subprocess.run(
        [Path(".venv/bin/python").absolute(), "-m", "pytest", "-x", "-q", *asked],
        cwd=COPY / "mutants",
        env={**environment(), "MUTANT_UNDER_TEST": mutant},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def module(mutant: str) -> str:
    """The module that a mutant is in."""
    return re.sub(r"\.x[ǁ_].*$", "", mutant)


def report(found: dict[str, str], survivors: Iterable[str]) -> None:
    """Print the share of each module, and what survived."""
    alive = set(survivors)
    all_of, killed = Counter(map(module, found)), Counter[str]()
    for mutant in found:
        killed[module(mutant)] += mutant not in alive
    for name in sorted(all_of):
        print(f"{name:40} {killed[name]:5} of {all_of[name]:5}  {killed[name] / all_of[name]:6.1%}")
    total = sum(killed.values())
    print(f"{'together':40} {total:5} of {len(found):5}  {total / max(len(found), 1):6.1%}")
    for mutant in sorted(alive):
        print(f"survives: {mutant}")


def main() -> None:
    """Make the mutants, try them, and those that survive once more."""
    copy_checkout()
    mutmut("run", "--max-children", str(os.cpu_count() or 1), *sys.argv[1:])
    found = results()
    left = [mutant for mutant, how in found.items() if how not in KILLED]
    survivors = []
    for count, mutant in enumerate(left, 1):
        print(f"\r{count} of {len(left)} once more", end="", file=sys.stderr, flush=True)
        if survives_alone(mutant):
            survivors.append(mutant)
    print(file=sys.stderr)
    report(found, survivors)


if __name__ == "__main__":
    main()
