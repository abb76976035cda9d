"""`ledger citizen`: what a person does, with a key of its own and no department's home."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import DatasetArgument, PurposeOption, end_of_day, file_bytes, sealed_text
from ledger.cli.subjectkey import KeyOption, Written, key_app, opened_key
from ledger.cli.uses import USE_COLUMNS, LogReport
from ledger.errors import InputError
from ledger.words import counted

if TYPE_CHECKING:
    from ledger.citizen import Directory
    from ledger.opening import Reader

DirectoryOption = Annotated[
    Path,
    typer.Option(
        "--directory", metavar="FILE", help="Members and services; see 'ledger citizen directory'."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")]
DeploymentOption = Annotated[
    Path | None,
    typer.Option(
        "--deployment",
        metavar="FILE",
        help="The ledger's deployment file; without it a department's home is used.",
    ),
]
RpcOption = Annotated[
    list[str] | None,
    typer.Option("--rpc", metavar="URL", help="A node of the chain; may be repeated."),
]
IpfsOption = Annotated[
    list[str] | None,
    typer.Option("--ipfs", metavar="ADDRESS", help="The API of an IPFS node; may be repeated."),
]


@dataclass(frozen=True)
class DirectoryWritten:
    """A directory, its SHA-256, and how much is in it."""

    path: Path
    digest: bytes
    members: int
    services: int


citizen_app = noun("A person's own key, consents, and log of who used data about it.")
citizen_app.add_typer(key_app, name="key")


@command(
    citizen_app,
    "directory",
    example="ledger citizen directory --out directory.json --deployment deployment.json \\\n"
    "  --rpc http://127.0.0.1:8545 --ipfs /ip4/127.0.0.1/tcp/5001",
)
def directory(
    cli: Invocation,
    out: OutOption,
    deployment: DeploymentOption = None,
    rpc: RpcOption = None,
    ipfs: IpfsOption = None,
) -> None:
    """Write down members and services, so that consents and enrolments can be made without a node.

    A wrong directory makes wrong consents: take it from whom you trust, or compare its digest.
    """
    from ledger.citizen import directory_of
    from ledger.files import write_private
    from ledger.records import digest

    with _reader(cli, deployment, rpc, ipfs) as reader:
        now = reader.chain.head().timestamp
        found = directory_of(reader.state(), reader.chain.deployment, reader.ipfs, now=now)
        data = found.to_bytes()
        write_private(out, data, replace=False)
        done = DirectoryWritten(out, digest(data), len(found.members), len(found.services))
        members, services = counted(done.members, "member"), counted(done.services, "service")
        what = f"{members} and {services} about single persons"
        cli.out.show(done, f"{out} lists {what}; its digest is {done.digest.hex()}.")


@command(
    citizen_app,
    "consent",
    example="ledger citizen consent labour/status --for health --purpose eligibility \\\n"
    "  --until 2027-12-31 --key my.key --directory directory.json --out consent.json",
)
def consent(
    cli: Invocation,
    dataset: DatasetArgument,
    receiver: Annotated[str, typer.Option("--for", metavar="DEPARTMENT", help="Who may ask.")],
    purpose: PurposeOption,
    until: Annotated[
        int,
        typer.Option("--until", metavar="DATE", parser=end_of_day, help="The last day of it."),
    ],
    key: KeyOption,
    source: DirectoryOption,
    out: OutOption,
) -> None:
    """Agree that a department asks a service about you; no node is needed.

    Give the file to a window, and keep a copy of it: with it and your key you can withdraw.
    """
    from ledger.envelope.papers import make_consent
    from ledger.files import write_private

    listed = _directory(source)
    agreed = listed.agreed(dataset, receiver, purpose, until)
    paper = make_consent(opened_key(cli, key), agreed, listed.deployment)
    write_private(out, paper.to_bytes(), replace=False)
    what = f"{paper.receiver} may ask {paper.dataset} for {purpose.label}"
    cli.out.show(
        Written(out),
        f"{out} says that {what} until {cli.out.when(until)}. Give it to a window and keep a copy.",
    )


@command(
    citizen_app,
    "withdraw",
    example="ledger citizen withdraw consent.json --key my.key --out withdrawal.json",
)
def withdraw(
    cli: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy of the consent.")],
    key: KeyOption,
    out: OutOption,
) -> None:
    """Make what withdraws a consent, for any window; whoever has that file can withdraw it."""
    from ledger.envelope.papers import ConsentPaper, make_withdrawal, read_paper
    from ledger.files import write_private

    paper = read_paper(file_bytes(file), ConsentPaper, "consent")
    withdrawal = make_withdrawal(opened_key(cli, key), paper)
    write_private(out, withdrawal.to_bytes(), replace=False)
    cli.out.show(Written(out), f"Give {out} to any window; it runs: ledger consent withdraw")


@command(
    citizen_app,
    "enrol",
    example="ledger citizen enrol labour --subject @my-number --key my.key \\\n"
    "  --directory directory.json --out enrolment.json",
)
def enrol(
    cli: Invocation,
    owner: Annotated[
        str, typer.Argument(metavar="OWNER", help="The department whose answers you want to find.")
    ],
    subject: Annotated[
        str,
        typer.Option(
            "--subject",
            metavar="TEXT|@FILE",
            help="How that department's register knows you. @FILE or @- (stdin) keeps it out of "
            "the list of processes.",
        ),
    ],
    key: KeyOption,
    source: DirectoryOption,
    out: OutOption,
) -> None:
    """Make the key by which one department marks its answers about you, sealed to it.

    Any window sends it on, once it has seen that you are who it says.
    """
    from ledger.envelope.papers import make_enrolment
    from ledger.files import write_private

    listed = _directory(source)
    recipient = listed.owner(owner)
    deployment = listed.deployment.digest
    mine = opened_key(cli, key)
    record = make_enrolment(mine, sealed_text(subject), recipient, deployment=deployment)
    write_private(out, record.to_bytes(), replace=False)
    cli.out.show(Written(out), f"Give {out} to a window, or to {owner}; only {owner} can open it.")


@command(
    citizen_app,
    "log",
    example="ledger citizen log --key my.key --deployment deployment.json \\\n"
    "  --rpc http://127.0.0.1:8545 --ipfs /ip4/127.0.0.1/tcp/5001",
)
def log(
    cli: Invocation,
    key: KeyOption,
    deployment: DeploymentOption = None,
    rpc: RpcOption = None,
    ipfs: IpfsOption = None,
) -> None:
    """Find out who got data about you, what for, when, and on which legal basis.

    Only departments that you enrolled with mark their answers. Files about many carry no mark.
    """
    from ledger.citizen import subject_log

    mine = opened_key(cli, key)
    with _reader(cli, deployment, rpc, ipfs) as reader:
        digest = reader.chain.deployment.digest
        found = subject_log(reader.state(), reader.ipfs, mine, deployment=digest)
    report = LogReport.of(found)
    cli.out.parts(
        report,
        {
            "About you": (report.about_me, USE_COLUMNS),
            "Bulk, may include you": (report.bulk, USE_COLUMNS),
        },
    )
    if found.hidden:
        cli.out.note(f"{found.hidden} answers hide for now whom they are about: look again later.")
    if found.unreadable:
        numbers = ", ".join(map(str, found.unreadable))
        cli.out.note(f"It can't be told whom these transfers are about: {numbers}.")


def _directory(file: Path) -> Directory:
    from ledger.citizen import Directory
    from ledger.envelope.papers import read_paper

    return read_paper(file_bytes(file), Directory, "directory")


def _reader(
    cli: Invocation, deployment: Path | None, rpc: list[str] | None, ipfs: list[str] | None
) -> AbstractContextManager[Reader]:
    """The ledger to read: by the nodes that are named, else by those of a department's home."""
    from ledger.deployment import Deployment
    from ledger.envelope.papers import read_paper
    from ledger.opening import deployment_of, opened_reader

    if deployment is None and not rpc and not ipfs:
        home = cli.home()
        return opened_reader(deployment_of(home), home.rpc, home.ipfs)
    if deployment is None or not rpc or not ipfs:
        raise InputError(
            "without a department's home, --deployment, --rpc and --ipfs are needed together"
        )
    file = read_paper(file_bytes(deployment), Deployment, "deployment file")
    return opened_reader(file, rpc, ipfs)
