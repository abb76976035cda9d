"""`ledger backup`: a home in one encrypted file, and a home from one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.render import size
from ledger.words import counted

backup_app = noun("Backups of a home, and a home from a backup.")

PayloadsOption = Annotated[
    bool,
    typer.Option(
        "--with-payloads/--without-payloads",
        help="Ciphertexts and records from and to IPFS too; without them no IPFS node is asked.",
    ),
]


@command(backup_app, "create", example="ledger backup create /mnt/backups --profile labour")
def create(
    cli: Invocation,
    target: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file to write, or the folder to write it into."),
    ],
    payloads: PayloadsOption = True,
) -> None:
    """Write everything that another machine needs to be this home into one encrypted file.

    It opens with the home's passphrase. Agent and commands may go on meanwhile.
    """
    home = cli.home()
    from ledger.backup import create_backup

    made = create_backup(
        home, target, ask=cli.passphrase(home), progress=cli.progress, payloads=payloads
    )
    lacking = [
        f"No IPFS node has the ciphertext of {name}: it isn't in it." for name in made.missing
    ]
    cli.out.show(
        made,
        f"Backup {made.generation} of {home.name} is in {made.file} ({size(made.size_bytes)}).",
        *lacking,
    )


@command(
    backup_app,
    "restore",
    example="ledger backup restore /mnt/backups/labour-12.backup \\\n"
    "  --rpc http://127.0.0.1:8545 --ipfs /ip4/127.0.0.1/tcp/5001",
)
def restore(
    cli: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    rpc: Annotated[
        list[str] | None,
        typer.Option("--rpc", metavar="URL", help="A node of the chain; else those of the backup."),
    ] = None,
    ipfs: Annotated[
        list[str] | None,
        typer.Option(
            "--ipfs", metavar="ADDRESS", help="The API of an IPFS node; else those of the backup."
        ),
    ] = None,
    payloads: PayloadsOption = True,
) -> None:
    """Make a home from a backup, and learn from the chain what happened since.

    The home that the backup was made from must not run again: both would use the same accounts.
    """
    from ledger.backup import restore_backup

    done = restore_backup(
        file,
        profile=cli.settings.profile,
        rpc=rpc or (),
        ipfs=ipfs or (),
        ask=cli.passphrase(None, of=f"the backup {file.name}"),
        progress=cli.progress,
        payloads=payloads,
    )
    when = cli.out.when(done.created_at)
    before = ", and was there already" if done.already else ""
    cli.out.show(
        done,
        f"The home of {done.department} is {done.folder}{before}.",
        f"It is as backup {done.generation} had it, {when}.",
        "The home that it was made from must not run again: two homes with the same accounts "
        "disturb each other.",
        *(f"The key of {name} is lost: it was published after the backup." for name in done.lost),
        *(f"{name} was erased after the backup; so it is here." for name in done.erased),
        *(f"Still to be received: ledger transfer fetch {number}" for number in done.waiting),
    )


@command(backup_app, "rotate", example="ledger backup rotate --profile labour")
def rotate(cli: Invocation) -> None:
    """Replace the archive key, which the data keys in this home are sealed to, and destroy it.

    Backups made before hold the former key and open as they did.
    """
    with cli.ledger() as ledger:
        done = ledger.department.replace_archive_key()
        cli.out.show(
            done,
            f"The archive key is replaced and seals {counted(done.data_keys, 'data key')} anew.",
        )
