"""`scripts/assure mutmut [NAME…]`: does a unit test notice each small mistake in the core?

A name is a module (`ledger.envelope.wrap`) or a pattern (`ledger.provenance.*`); none is all of the
core and the outbox. mutmut makes the mutants, in a copy of the checkout; `forks` tries each with
the tests of its part that reach its function. `docs/mutation.md` gets the rows and survivors of
these modules.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from scripts.assurance import survivors

COPY: Final = Path("build/mutation")
TOOLS: Final = Path("build/mutmut")
ASKED: Final = Path("build/mutation.asked")
PYTHON: Final = Path(".venv/bin/python")
TESTS: Final = {
    "chain.outbox": ("outbox",),
    "codes": ("models", "recordmodel"),
    "deployment": ("deployment", "vectors"),
    "envelope": ("archive_key", "envelope_*", "papers", "subject_keys", "vectors"),
    "events": ("events", "vectors"),
    "identifiers": ("identifiers",),
    "models": ("models*", "recordmodel", "service_parameters", "vectors"),
    "provenance": ("performance", "provenance*"),
    "recordmodel": ("models", "recordmodel", "records", "vectors"),
    "records": ("records",),
    "tableschema": ("tableschema", "vectors"),
    "tablevalues": ("models*", "service_parameters", "tables*", "tableschema", "vectors"),
    "unixfs": ("unixfs", "vectors"),
    "verify": ("verify*", "vectors"),
    "words": ("words",),
}
"""Outbox and parts of the core, and the unit tests that are there for each."""
# They start processes, which don't know of mutants.
DESELECTED: Final = (
    "test_events.py::test_events_load_without_heavy_libraries",
    "test_records.py::test_a_bomb_of_brackets_does_not_end_the_process",
)


def unit_tests(part: str) -> list[str]:
    """The files with the tests of a part."""
    found = (Path("tests/unit").glob(f"test_{name}.py") for name in TESTS[part])
    return sorted({str(path) for paths in found for path in paths})


def modules(part: str, names: list[str]) -> list[str]:
    """The modules of a part that are asked for."""
    path = Path("ledger", *part.split("."))
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    every = [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [each for each in every if any(fnmatch.fnmatch(each, name) for name in names or ["*"])]


def file(module: str) -> str:
    """The file of a module."""
    path = Path(*module.split("."))
    return str(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))


def copy_checkout() -> None:
    """Lay a copy of what git knows into the build folder, with the settings that mutmut needs."""
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, COPY / name)
    with (COPY / "pyproject.toml").open("a") as settings:
        settings.write('\n[tool.mutmut]\nsource_paths = ["ledger"]\n')


def python(*arguments: str, check: bool = True, **variables: str) -> Any:
    """Run Python in the copy, which comes before the checkout that is installed."""
    places = os.pathsep.join(str(place.resolve()) for place in (COPY, TOOLS))
    return subprocess.run(
        [PYTHON.absolute(), *arguments],
        cwd=COPY,
        env={**os.environ, "PYTHONPATH": places, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=check,
    )


def try_all(mutants: list[str], tests: list[str], children: int) -> dict[str, str]:
    """Try mutants in forks, and return what became of each."""
    ASKED.write_text("\n".join(mutants))
    results = ASKED.with_suffix(".results")
    results.unlink(missing_ok=True)
    done = python(
        "-m", "pytest", "-p", "scripts.assurance.forks", "-q", "--capture=sys", "--tb=no",
        "-p", "no:cacheprovider", "--timeout=150",
        *(f"--deselect=tests/unit/{name}" for name in DESELECTED), *tests,
        check=False, MUTATION_ASKED=str(ASKED.resolve()), MUTATION_CHILDREN=str(children),
    )  # fmt: skip
    if not results.exists():
        raise SystemExit(done.stdout)
    return dict(line.split()[:2] for line in results.read_text().splitlines())


def try_part(part: str, asked: list[str], children: int) -> None:
    """Make the mutants of modules of one part, try them, and write down what survives."""
    tests = unit_tests(part)
    made = python("-m", "scripts.assurance.pymutants", *map(file, asked)).stdout.split()
    tried = try_all(made, tests, children)
    alive = {mutant for mutant in made if tried.get(mutant) == "survives"}
    survivors.record(COPY, asked, made, set(tried), alive)


def main() -> None:
    """Try the mutants of the modules that are asked for, part by part."""
    parser = argparse.ArgumentParser(prog="scripts/assure mutmut", description=__doc__)
    parser.add_argument("--max-children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    for part in TESTS:
        if asked := modules(part, options.names):
            copy_checkout()
            try_part(part, asked, options.max_children)


if __name__ == "__main__":
    main()
