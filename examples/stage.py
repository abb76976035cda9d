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
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LEDGER = Path(sys.executable).with_name("ledger")
WIDTH = 100
AT_ONCE = 2


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
        self._print(f"\n  {who} $ {_folded(command)}", colour)

    def output(self, text: str) -> None:
        """Show what a command printed."""
        if text.strip():
            self._print(textwrap.indent(text.rstrip("\n"), "    "), "2")

    def _print(self, text: str, style: str) -> None:
        print(f"\033[{style}m{text}\033[0m" if self._colour and style else text, flush=True)


@dataclass(frozen=True)
class Ran:
    """A command that came to its end."""

    command: str
    printed: str
    exit_code: int


@dataclass(frozen=True)
class Party:
    """Somebody in the story, who has a folder, a home in it, and a terminal."""

    code: str
    folder: Path
    colour: str
    paper: Paper

    def settle(self) -> None:
        """Make the folder and choose a passphrase, which only this party can read."""
        self.folder.mkdir(parents=True, mode=0o700)
        passphrase = self.folder / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(f"a passphrase of {self.code} for a test network\n")

    def hand_over(self, file: Path) -> None:
        """Give the party a copy of a file."""
        shutil.copyfile(file, self.folder / file.name)

    def remember_passphrase(self) -> None:
        """Have the home read the passphrase from its file, so that no command asks for it."""
        config = self.folder / self.code / "config.toml"
        file = self.folder / "passphrase"
        config.write_text(f'passphrase_file = "{file}"\n{config.read_text()}')

    def runs(self, command: str, *, exits: int = 0) -> str:
        """Run one command of the story, show it with what it prints, and return that.

        Raises:
            CommandError: it ended with another exit code than `exits`.
        """
        self.paper.command(self.code, command, self.colour)
        return self._check(self.run(command), exits)

    def runs_at_once(self, *commands: str) -> list[str]:
        """Run commands that don't wait for each other; show them in turn, return the printed.

        Raises:
            CommandError: a command failed.
        """
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            return [self.ran(done) for done in pool.map(self.run, commands)]

    def run(self, command: str) -> Ran:
        """Run one command without showing it."""
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
        return Ran(command, done.stdout, done.returncode)

    def ran(self, done: Ran) -> str:
        """Show a command that ran, and return what it printed.

        Raises:
            CommandError: it failed.
        """
        self.paper.command(self.code, done.command, self.colour)
        return self._check(done, 0)

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

    @contextmanager
    def keeps_running(self, command: str) -> Iterator[None]:
        """Let a command run beside the story; it ends with the block, whatever happens in it."""
        self.paper.command(self.code, f"{command} &", self.colour)
        process = None
        try:
            # A signal between the start and its note would leave the process behind.
            with (self.folder / "agent.log").open("w") as output, _signals_held():
                process = subprocess.Popen(
                    self._argv(command),
                    env=self._environment(),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            yield
        finally:
            if process is not None:
                _end(process)

    def _check(self, done: Ran, exits: int) -> str:
        self.paper.output(done.printed)
        if done.exit_code != exits:
            raise CommandError(
                f"`{done.command}` of {self.code} ended with {done.exit_code} instead of {exits}"
            )
        return done.printed

    def _argv(self, command: str) -> list[str]:
        program, *arguments = shlex.split(command)
        return [str(LEDGER) if program == "ledger" else program, *arguments]

    def _environment(self) -> dict[str, str]:
        own = {"LEDGER_HOME": str(self.folder), "COLUMNS": str(WIDTH)}
        return {name: text for name, text in os.environ.items() if name != "LEDGER_PROFILE"} | own


def side_by_side(scripts: Mapping[Party, Sequence[str]]) -> dict[Party, str]:
    """Let parties run their commands at the same time; show them in turn, return the printed.

    Raises:
        CommandError: a command failed.
    """

    given_up = threading.Event()

    def perform(party: Party, commands: Sequence[str]) -> list[Ran]:
        done: list[Ran] = []
        for command in commands:
            if given_up.is_set() or (done and done[-1].exit_code):
                break
            done.append(party.run(command))
        return done

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        works = {party: pool.submit(perform, party, script) for party, script in scripts.items()}
        try:
            return {
                party: "".join(party.ran(done) for done in work.result())
                for party, work in works.items()
            }
        except BaseException:
            # The threads are waited for at the end of the block.
            given_up.set()
            raise


def addresses(printed: str) -> dict[str, str]:
    """The addresses of accounts, by what they are for, as `ledger init` printed them."""
    return dict(re.findall(r"\b(admin|officer|agent)\W+(0x[0-9a-fA-F]{40})\b", printed))


def _folded(command: str) -> str:
    """A long command on several lines, broken before options as a shell allows."""
    if len(command) < WIDTH:
        return command
    first, *options = command.split(" --")
    lines = [first]
    for option in options:
        if len(lines[-1]) + len(option) + 3 < WIDTH - 8:
            lines[-1] += f" --{option}"
        else:
            lines.append(f"--{option}")
    return " \\\n        ".join(lines)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let SIGINT and SIGTERM take effect only at the end of the block."""
    pending: list[int] = []
    before = {
        number: signal.signal(number, lambda found, _frame: pending.append(found))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if pending:
        signal.raise_signal(pending[0])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
