"""A pytest plugin that tries each mutant with the tests that reach its function.

Tests are loaded once. One fork runs them all and notes which functions each of them reaches. Then
each mutant gets a fork of its own, where those tests run, the quickest first, until one fails. What
runs while modules are loaded has run before: where that reaches the function of a mutant that
survives, the fork forgets the modules, and loads and runs everything anew.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import signal
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation import trampoline

ASKED: Final = Path(os.environ["MUTATION_ASKED"])
"""In: the mutants. Out, beside it: `.tests` (what reaches what) and `.results`, by line."""
CHILDREN: Final = int(os.environ["MUTATION_CHILDREN"])
_BYTES_MORE: Final = 2 << 30
_LOADING_S: Final = 300
_BROKEN: Final = 70

_reached: set[str] = set()
_loading: set[str] = set()


def note(name: str, caller: str | None = None) -> None:  # noqa: ARG001 - mutmut passes it
    """Note that a function was reached, and whether a module of the package did it at its load."""
    _reached.add(name)
    if "PYTEST_CURRENT_TEST" in os.environ:
        return
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    if frame is not None and frame.f_globals["__name__"].startswith("ledger"):
        _loading.add(name)


# A failure is enough: it needn't be made small, nor kept. A machine that is busy is no failure.
settings.register_profile(
    "mutants",
    phases=[Phase.explicit, Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
trampoline.record_trampoline_hit = note
trampoline.set_mutant_under_test("stats")


class Outcome:
    """Whether a test has failed in this process."""

    failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        self.failed |= report.failed


def fork(task: Callable[[], int]) -> int:
    """Run a task in a fork that is silent, and leads a group, so that nothing outlives it."""
    if child := os.fork():
        return child
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        os._exit(task())
    finally:
        traceback.print_exc()
        os._exit(_BROKEN)


def run(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run one test."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def observe(session: pytest.Session, outcome: Outcome) -> int:
    """Run all tests, and write down which functions each reaches, and how long it takes."""
    seen: dict[str, Any] = {"loaded": sorted(_loading), "tests": {}}
    _reached.clear()
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        begin = time.process_time()
        run(item, following)
        seen["tests"][item.nodeid] = [time.process_time() - begin, sorted(_reached)]
        _reached.clear()
        if outcome.failed:
            os.write(2, f"without any mutant, this fails: {item.nodeid}\n".encode())
            return 1
    ASKED.with_suffix(".tests").write_text(json.dumps(seen))
    return 0


def attempt(
    mutant: str, items: list[tuple[float, pytest.Item]], outcome: Outcome, anew: list[str]
) -> int:
    """Run tests against a mutant until one fails, then `anew`, with bounded memory and time."""
    trampoline.set_mutant_under_test(mutant)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + _BYTES_MORE, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tests = [item for _, item in items]
    for (took, item), following in zip(items, [*tests[1:], None], strict=False):
        until = math.ceil(time.process_time() + 10 * took) + 3
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        run(item, following)
        if outcome.failed:
            return 1
    return load_and_run(anew) if anew else 0


def load_and_run(arguments: list[str]) -> int:
    """Run pytest as if nothing of the checkout had been loaded; 1 if anything fails."""
    until = math.ceil(time.process_time()) + _LOADING_S
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    for name in list(sys.modules):
        if name.partition(".")[0] in ("ledger", "tests"):
            del sys.modules[name]
    try:
        return int(pytest.main(arguments) != pytest.ExitCode.OK)
    except Exception:  # noqa: BLE001 - whatever a mutant causes
        # What loads the plug-ins fails where a mutant keeps them from being loaded.
        return 1


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Observe, then try all mutants; nothing is run in this process."""
    outcome = Outcome()
    session.config.pluginmanager.register(outcome)
    files = ["-x", "-q", "--capture=no", "--tb=no", "-p", "no:cacheprovider", *session.config.args]
    files += [f"--deselect={name}" for name in session.config.option.deselect or []]
    for task in (
        lambda: observe(session, outcome),
        lambda: attempt("none", [], outcome, files),
    ):
        if os.waitpid(fork(task), 0)[1]:
            raise session.Failed("the tests fail without any mutant")
    seen = json.loads(ASKED.with_suffix(".tests").read_text())
    # A fork copies the pages that it touches: let the collector leave the parent's alone.
    gc.collect()
    gc.freeze()
    by_function = defaultdict[str, list[tuple[float, pytest.Item]]](list)
    for item in session.items:
        took, functions = seen["tests"][item.nodeid]
        for function in functions:
            by_function[function].append((took, item))
    running: dict[int, str] = {}
    mutants = ASKED.read_text().split()
    with ASKED.with_suffix(".results").open("w") as results:

        def wait() -> None:
            child, status = os.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            noticed = os.waitstatus_to_exitcode(status) not in (0, _BROKEN)
            word = "killed" if noticed else "survives"
            print(running.pop(child), word, file=results, flush=True)

        for count, mutant in enumerate(mutants, 1):
            function = mutant.partition("__mutmut_")[0]
            found = sorted(by_function[function], key=lambda one: one[0])
            anew = files if function in seen["loaded"] else []
            if len(running) == CHILDREN:
                wait()
            running[fork(partial(attempt, mutant, found, outcome, anew))] = mutant
            if count % 50 == 0:
                os.write(2, f"{count} of {len(mutants)} mutants\n".encode())
        while running:
            wait()
    return True
