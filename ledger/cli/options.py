"""The options and arguments that more than one command has; light, every `--help` imports it."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from ledger.codes import Labelled, Purpose, ReasonCode
from ledger.errors import InputError, RecordError
from ledger.identifiers import shown

if TYPE_CHECKING:
    from ledger.recordmodel import RecordModel

Record = TypeVar("Record", bound="RecordModel")

_DURATION: Final = re.compile(r"([0-9]{1,9})(s|min|h|d)")
_UNITS: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class Settings:
    """The values of the options that every command has."""

    profile: str | None = None
    json: bool = False
    quiet: bool = False
    yes: bool = False
    no_input: bool = False
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None
    dry_run: bool = False

    def given(self, options: dict[str, Any]) -> Settings:
        """These settings with those of `options` that were given; further right counts more."""
        # File descriptor 0 is a value, not an absence.
        added = {name: value for name, value in options.items() if value not in (None, False)}
        added |= {name: 0 for name, value in options.items() if value == 0 and value is not False}
        return replace(self, **added)


def shared_options(*, writes: bool, hidden: bool = False) -> dict[str, Any]:
    """Build the annotations of the options that every command has, by their names."""

    def option(kind: Any, *names: str, help: str, **more: Any) -> Any:  # noqa: A002
        return Annotated[kind, typer.Option(*names, help=help, hidden=hidden, **more)]

    options = {
        "profile": option(
            str | None,
            "--profile",
            metavar="NAME",
            help="Work in this home, one of a department's; else $LEDGER_PROFILE.",
        ),
        "json": option(bool, "--json", help="Print one JSON document on stdout."),
        "quiet": option(bool, "--quiet", "-q", help="Print nothing but results and errors."),
        "yes": option(bool, "--yes", "-y", help="Answer yes to every question."),
        "no_input": option(bool, "--no-input", help="Never ask: fail where an answer is missing."),
        "passphrase_file": option(
            Path | None,
            "--passphrase-file",
            metavar="FILE",
            help="Read the passphrase from this file, of mode 0600.",
        ),
        "passphrase_fd": option(
            int | None,
            "--passphrase-fd",
            metavar="N",
            help="Read the passphrase from this open file descriptor.",
        ),
    }
    if writes:
        options["dry_run"] = option(
            bool,
            "--dry-run",
            help="Check everything, show what would be sent, who could see it and for how long.",
        )
    return options


Label = TypeVar("Label", bound=Labelled)


def _labels(kind: type[Labelled]) -> str:
    return ", ".join(member.label for member in kind)


def _label_option(kind: type[Label], flag: str, text: str) -> Any:
    return typer.Option(
        flag,
        metavar=flag[2:].upper(),
        parser=kind.parse,
        autocompletion=lambda: [member.label for member in kind],
        help=f"{text}: {_labels(kind)}.",
    )


def duration_option(flag: str, text: str) -> Any:
    """An option that takes a length of time and gives seconds."""
    return typer.Option(flag, metavar="TIME", parser=seconds, help=f"{text}, as 90s, 12h or 14d.")


def timeout_option(awaited: str) -> Any:
    """The option that says how long to wait for something, in seconds."""
    return typer.Option(
        "--timeout",
        metavar="TIME",
        parser=seconds,
        help=f"How long to wait for {awaited}; else 2min.",
    )


def sealed_option(flag: str, text: str) -> Any:
    """An option whose text is sealed: given as it is, or from a file that others can't read."""
    return typer.Option(
        flag,
        metavar="TEXT|@FILE",
        parser=sealed_text,
        help=f"{text} @FILE or @- (stdin) keeps it out of the list of processes.",
    )


def sealed_text(text: str) -> str:
    """The text itself, or what the file behind `@` (`@-`: stdin) holds.

    Raises:
        InputError: there is no such file, or it can't be read as text.
    """
    if not text.startswith("@"):
        return text
    try:
        found = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        name, missing = shown(text[1:]), isinstance(error, FileNotFoundError)
        raise InputError(
            f"there is no file {name}" if missing else f"{name} can't be read as text",
            hint="give the text itself, @FILE, or @- for stdin",
        ) from error
    return found.removesuffix("\n")


def seconds(text: str) -> int:
    """Read a length of time such as `90s`, `30min`, `12h` or `14d`.

    Raises:
        InputError: it is something else.
    """
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise InputError(
            f"{shown(text)} is not a length of time: expected a number and s, min, h or d",
            hint="for example 90s, 30min, 12h or 14d",
        )
    return int(match[1]) * _UNITS[match[2]]


def whole_dataset(text: str) -> str:
    """Read the name of a dataset where none of its versions can be meant.

    Raises:
        InputError: it names a version.
    """
    name, at, _ = text.partition("@")
    if at:
        raise InputError(
            f"{shown(text)} names one version, and this is about the dataset",
            hint=f"leave out what follows the name: {name}",
        )
    return text


def end_of_day(text: str) -> int:
    """Read a date such as `2027-12-31`; give the last second of that day in UTC, in Unix seconds.

    Raises:
        InputError: it is something else, or past.
    """
    end = start_of_day(text) + _UNITS["d"] - 1
    if end < time.time():
        raise InputError(f"{text} is past: expected today or a later day")
    return end


def start_of_day(text: str) -> int:
    """Read a date such as `2027-12-31`; give the start of that day in UTC, in Unix seconds.

    Raises:
        InputError: it is something else.
    """
    try:
        start = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(
            f"{shown(text)} is not a date: expected YYYY-MM-DD", hint="for example 2027-12-31"
        ) from error
    return int(start.timestamp())


def file_bytes(path: Path) -> bytes:
    """Read a small file that the user named.

    Raises:
        InputError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} can't be read: {error.strerror}") from error


def record_file(path: Path, kind: type[Record], what: str, *, hint: str) -> Record:
    """Read a file that the user named as a record of this kind, which people call `what`.

    Raises:
        InputError: it can't be read, or is something else.
    """
    data = file_bytes(path)
    try:
        return kind.from_bytes(data)
    except RecordError as error:
        raise InputError(f"{str(path)!r} is no {what}: {error.message}", hint=hint) from error


DatasetArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET", parser=whole_dataset, help="A dataset's name, as labour/employment."
    ),
]
VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="A dataset's name, as labour/employment; with @3 its third version.",
    ),
]
DepartmentArgument = Annotated[
    str, typer.Argument(metavar="DEPARTMENT", help="A department's code, as labour.")
]
GrantArgument = Annotated[
    int,
    typer.Argument(metavar="NUMBER", min=1, help="The number of the request or grant."),
]
TransferArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="The number of the transfer.")
]
MineOption = Annotated[
    bool, typer.Option("--mine", help="Only what this department asked for or has to answer.")
]
OfDatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset", metavar="DATASET", parser=whole_dataset, help="Only for this dataset."
    ),
]
ReasonOption = Annotated[ReasonCode, _label_option(ReasonCode, "--reason", "Why")]
MaybeReasonOption = Annotated[ReasonCode | None, _label_option(ReasonCode, "--reason", "Why")]
PurposeOption = Annotated[
    Purpose, _label_option(Purpose, "--purpose", "What the data will be used for")
]
MaybePurposeOption = Annotated[
    Purpose | None, _label_option(Purpose, "--purpose", "What the data will be used for")
]
TextOption = Annotated[
    str,
    typer.Option("--text", metavar="TEXT", help="The reason in words; every member can read it."),
]
MaybeTextOption = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="The reason in words; every member can read it."),
]
GroundsOption = Annotated[
    str | None, sealed_option("--grounds", "More, sealed to the requester and the auditors.")
]
