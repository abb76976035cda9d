"""The demo's stage: parties with homes of their own, their commands, and the printing."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LEDGER = Path(sys.executable).with_name("ledger")
WIDTH = 100


class CommandError(Exception):
    """A command of the story ended otherwise than the story says."""


class Paper:
    """Where the story is printed; in colour on a terminal unless NO_COLOR is set."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._chapter = 0

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._chapter += 1
        self._print(f"\n{self._chapter}. {title}", "1")

    def says(self, text: str) -> None:
        """Tell what happens, and why."""
        self._print("\n" + textwrap.fill(text, WIDTH), "")

    def lists(self, lines: Sequence[str]) -> None:
        """Print lines as they are."""
        self._print(textwrap.indent("\n".join(lines), "  "), "")

    def command(self, who: str, command: str, colour: str) -> None:
        """Show the command that somebody runs."""
        self._print(f"\n  {who} $ {command}", colour)

    def output(self, text: str) -> None:
        """Show what a command printed."""
        if text.strip():
            self._print(textwrap.indent(text.rstrip("\n"), "    "), "2")

    def _print(self, text: str, style: str) -> None:
        print(f"\033[{style}m{text}\033[0m" if self._colour and style else text, flush=True)


@dataclass(frozen=True)
class Party:
    """Somebody in the story, who has a folder, a home in it, and a terminal."""

    code: str
    folder: Path
    colour: str
    paper: Paper

    @property
    def passphrase(self) -> Path:
        """The file that holds the passphrase of the party's accounts and keys."""
        return self.folder / "passphrase"

    def settle(self) -> None:
        """Make the folder and choose a passphrase, which only this party can read."""
        self.folder.mkdir(parents=True, mode=0o700)
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text(f"a passphrase of {self.code} for a test network\n")

    def runs(self, command: str, *, exits: int = 0) -> str:
        """Run one command of the story, show it with what it prints, and return that.

        Raises:
            CommandError: it ended with another exit code than `exits`.
        """
        self.paper.command(self.code, command, self.colour)
        done = subprocess.run(
            self._argv(command),
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.paper.output(done.stdout)
        if done.returncode != exits:
            raise CommandError(
                f"`{command}` of {self.code} ended with {done.returncode} instead of {exits}"
            )
        return done.stdout

    def runs_quietly(self, command: str) -> None:
        """Run a command that is no part of the story, whatever comes of it."""
        subprocess.run(
            self._argv(command),
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            # Ctrl-C at the terminal reaches the story alone.
            start_new_session=True,
        )

    def hand_over(self, file: Path) -> None:
        """Give the party a copy of a file."""
        shutil.copyfile(file, self.folder / file.name)

    @contextmanager
    def keeps_running(self, command: str) -> Iterator[None]:
        """Let a command run beside the story; it ends with the block, whatever happens in it."""
        self.paper.command(self.code, f"{command} &", self.colour)
        log = self.folder / "agent.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                self._argv(command),
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            _end(process)
            self.paper.output(log.read_text())

    def _argv(self, command: str) -> list[str]:
        program, *arguments = shlex.split(command)
        return [str(LEDGER) if program == "ledger" else program, *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "LEDGER_HOME": str(self.folder), "COLUMNS": str(WIDTH)}


def addresses(printed: str) -> dict[str, str]:
    """The addresses of accounts, by what they are for, as `ledger init` printed them."""
    return dict(re.findall(r"\b(admin|officer|agent)\W+(0x[0-9a-fA-F]{40})\b", printed))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
