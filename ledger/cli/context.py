"""One run of a command: its settings, its output, and what it opened, closed at its end.

Adapters are built in `opening.py`, `making.py` and `diagnosis.py`, which are imported only when
they are needed: no `--help` loads them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from ledger.cli.options import Settings
from ledger.cli.output import Output
from ledger.errors import InputError
from ledger.render import printable

if TYPE_CHECKING:
    from ledger.auditor import Auditor
    from ledger.client import Ledger
    from ledger.config import Home
    from ledger.keystore import Passphrase
    from ledger.ports import Progress
    from ledger.testnet.world import Testnet


class Invocation:
    """One run of a command; what it opened is closed at its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.out = Output(settings)
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    @cached_property
    def progress(self) -> Progress:
        """Bars on a terminal, else nothing."""
        from ledger.cli.progress import TerminalProgress
        from ledger.silence import Silence

        quiet = self.settings.quiet or self.settings.json or not sys.stderr.isatty()
        if quiet:
            return Silence()
        return self._opened.enter_context(TerminalProgress())

    def confirm(self, question: str) -> None:
        """Ask before something that can't be undone.

        Raises:
            InputError: the answer is no, or there is nobody to ask.
        """
        if self.settings.yes or self.settings.dry_run:
            return
        if self.settings.no_input or not sys.stdin.isatty():
            raise InputError(
                f"this can't be undone and needs an answer: {question}",
                hint="add --yes to say yes beforehand",
            )
        # Not with `err=True` alone, which leaves the question's last blank on stdout.
        with redirect_stdout(sys.stderr):
            sure = typer.confirm(printable(question), default=False)
        if not sure:
            raise InputError("not confirmed: nothing was done")

    def home(self) -> Home:
        """The home that the command works in.

        Raises:
            ConfigError: there is none, or it is wrong.
        """
        from ledger.config import find_home

        return find_home(self.settings.profile)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The department's open ledger; in a dry run, one that only notes what it would send."""
        home = self.home()
        # After the home is found: what these bring takes a second to load.
        from ledger.cli.dryrun import Plan, Planned, noting
        from ledger.opening import opened_ledger

        plan = Plan()
        try:
            with opened_ledger(
                home,
                ask=self.passphrase(home),
                progress=self.progress,
                through=lambda ports: noting(ports, plan) if self.settings.dry_run else ports,
            ) as ledger:
                self.out.clock = ledger.session.now
                yield ledger
        except Planned:
            self.out.plan(plan)

    def end_dry_run(self) -> None:
        """End a dry run of a command whose effect is in the home alone."""
        if self.settings.dry_run:
            from ledger.cli.dryrun import Planned

            raise Planned

    @contextmanager
    def auditor(self) -> Iterator[Auditor]:
        """An auditor on the home's chain and IPFS node; no account is unlocked."""
        home = self.home()
        from ledger.opening import opened_auditor

        with opened_auditor(home, self.progress) as auditor:
            self.out.clock = lambda: max(auditor.now(), int(time.time()))
            yield auditor

    def testnet(self) -> Testnet:
        """The test network on this machine."""
        from ledger.config import checked_root
        from ledger.testnet.world import Testnet

        # Where Ganache itself looks for its configuration.
        config = Path("ganache.config.json")
        return Testnet(
            checked_root() / "testnet",
            config=config if config.is_file() else None,
            say=self.out.note,
        )

    def passphrase(
        self, home: Home | None, *, of: str | None = None, new: str = "the new home"
    ) -> Callable[[], Passphrase]:
        """Where the passphrase comes from when it is first needed.

        Without a home it is that `of` something else that has one, or of something `new`.
        """
        from ledger.keystore import AskOnce

        return AskOnce(lambda: self._passphrase(home, of, new))

    def _passphrase(self, home: Home | None, of: str | None, new: str) -> Passphrase:
        from ledger.keystore import (
            passphrase_from_descriptor,
            passphrase_from_file,
            passphrase_from_prompt,
        )

        settings = self.settings
        if settings.passphrase_fd is not None:
            return passphrase_from_descriptor(settings.passphrase_fd)
        file = settings.passphrase_file or (home.passphrase_file if home else None)
        if file is not None:
            return passphrase_from_file(file)
        if settings.no_input:
            raise InputError(
                "a passphrase is needed and may not be asked for",
                hint="use --passphrase-file or --passphrase-fd",
            )
        if home is None and of is None:
            return passphrase_from_prompt(f"A passphrase for {new}", twice=True)
        return passphrase_from_prompt(f"Passphrase of {of or (home and home.name)}")
