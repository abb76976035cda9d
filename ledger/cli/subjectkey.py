"""`ledger citizen key`: a person's key, in a file that a passphrase seals."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.envelope.binding import SecretKey

_MAX_WRITTEN: Final = 1000

KeyFileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The file of the subject's key.")
]
KeyOption = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The file of the subject's key.")
]


@dataclass(frozen=True)
class Written:
    """A file that was written."""

    path: Path


key_app = noun("The key by which a person finds what was asked about it.")


@command(key_app, "create", example="ledger citizen key create my.key")
def create(
    cli: Invocation,
    file: KeyFileArgument,
    restore: Annotated[
        bool, typer.Option("--restore", help="Type a key that was written down (or on stdin).")
    ] = False,
) -> None:
    """Make a subject's key, in a file that a passphrase seals; 'key show' writes it down."""
    from ledger.envelope.binding import SecretKey
    from ledger.keystore import save_subject_key

    if file.exists():
        raise InputError(f"{str(file)!r} exists already", hint="choose another name")
    key = _typed() if restore else SecretKey.generate()
    save_subject_key(file, key, cli.passphrase(None, new=f"the key {file.name}")())
    cli.out.show(
        Written(file),
        f"The key is in {file}. Write it down and keep that safe: ledger citizen key show {file}",
    )


@command(key_app, "show", example="ledger citizen key show my.key")
def show(cli: Invocation, file: KeyFileArgument) -> None:
    """Print a subject's key, to be written down: whoever reads it finds what its subject finds."""
    from ledger.envelope.subjects import write_subject_key

    written = write_subject_key(opened_key(cli, file))
    if cli.settings.json:
        cli.out.document({"key": written})
    else:
        typer.echo(written)


def opened_key(cli: Invocation, file: Path) -> SecretKey:
    """The subject's key in a file, opened with its passphrase.

    Raises:
        ConfigError: there is none, or it is open to others.
        WrongPassphrase: the passphrase does not open it.
    """
    from ledger.keystore import load_subject_key

    return load_subject_key(file, cli.passphrase(None, of=f"the key {file.name}")())


def _typed() -> SecretKey:
    """A key that was written down, typed without echo or read from stdin; never an argument."""
    from ledger.envelope.subjects import read_subject_key

    if sys.stdin.isatty():
        return read_subject_key(getpass.getpass("The key that was written down: "))
    return read_subject_key(sys.stdin.readline(_MAX_WRITTEN))
