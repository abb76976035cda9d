"""A pytest plugin that tries each mutant with the tests that reach its function.

Tests are loaded once. One fork runs them all and notes which functions each of them reaches. Then
each mutant gets a fork of its own, where those tests run, the quickest first, until one fails. What
runs while modules are loaded has run before: such functions are noted (`loaded`).
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import signal
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation import trampoline

ASKED: Final = Path(os.environ["MUTATION_ASKED"])
"""In: the mutants, by line. Out, beside it: `.tests` (what reaches what) and `.results`."""
CHILDREN: Final = int(os.environ["MUTATION_CHILDREN"])
_BYTES_MORE: Final = 2 << 30

_reached: set[str] = set()


def note(name: str, caller: str | None = None) -> None:  # noqa: ARG001 - mutmut passes it
    """Note that a function was reached."""
    _reached.add(name)


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


def fork() -> int:
    """Fork; the child is silent, and leads a group, so that nothing that it starts outlives it."""
    if child := os.fork():
        return child
    os.setsid()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    return 0


def run(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run one test."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def observe(session: pytest.Session, outcome: Outcome) -> None:
    """Run all tests, and write down which functions each reaches, and how long it takes."""
    seen: dict[str, Any] = {"loaded": sorted(_reached), "tests": {}}
    _reached.clear()
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        begin = time.process_time()
        run(item, following)
        seen["tests"][item.nodeid] = [time.process_time() - begin, sorted(_reached)]
        _reached.clear()
        if outcome.failed:
            os.write(2, f"without any mutant, this fails: {item.nodeid}\n".encode())
            os._exit(1)
    ASKED.with_suffix(".tests").write_text(json.dumps(seen))
    os._exit(0)


def attempt(mutant: str, items: list[tuple[float, pytest.Item]], outcome: Outcome) -> None:
    """Run tests against a mutant until one fails, with bounded memory and time."""
    trampoline.set_mutant_under_test(mutant)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + _BYTES_MORE, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tests = [item for _, item in items]
    for (took, item), following in zip(items, [*tests[1:], None], strict=True):
        until = math.ceil(time.process_time() + 10 * took) + 3
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        run(item, following)
        if outcome.failed:
            item.session._setupstate.teardown_exact(None)
            os._exit(1)
    os._exit(0)


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Observe, then try all mutants; nothing is run in this process."""
    outcome = Outcome()
    session.config.pluginmanager.register(outcome)
    trampoline.set_mutant_under_test("stats")
    if not (child := fork()):
        observe(session, outcome)
    if os.waitpid(child, 0)[1]:
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
    running: dict[int, tuple[str, float]] = {}
    mutants = ASKED.read_text().split()
    with ASKED.with_suffix(".results").open("w") as results:

        def wait() -> None:
            child, status = os.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            mutant, begin = running.pop(child)
            print(mutant, status, f"{time.monotonic() - begin:.2f}", file=results, flush=True)

        for count, mutant in enumerate(mutants, 1):
            function = mutant.partition("__mutmut_")[0]
            found = sorted(by_function[function], key=lambda one: one[0])
            if len(running) == CHILDREN:
                wait()
            if not (child := fork()):
                attempt(mutant, found, outcome)
            running[child] = mutant, time.monotonic()
            if count % 50 == 0:
                os.write(2, f"{count} of {len(mutants)} mutants\n".encode())
        while running:
            wait()
    return True
