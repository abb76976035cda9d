"""The root of the command line: the table of nouns, each loaded when it is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from ledger.cli.frame import taking_shared_options


class Noun(NamedTuple):
    """Where a noun's commands are, and its line in `ledger --help`."""

    module: str
    text: str


NOUNS: Final[Mapping[str, Noun]] = {
    "testnet": Noun("testnet", "A chain and an IPFS node on this machine, to try things on."),
    "init": Noun("home", "Make a department's home: configuration, accounts, encryption key."),
    "doctor": Noun("home", "Check the programs, nodes, accounts and keys that work needs."),
    "backup": Noun("backup", "Backups of a home, and a home from a backup."),
    "inbox": Noun("home", "Show everything that waits for this department."),
    "access": Noun("access", "Would a request be granted, and why."),
    "agency": Noun("agency", "What only the agency does: members, deadlines, auditors."),
    "department": Noun("department", "Departments, their accounts and encryption keys."),
    "spec": Noun("spec", "Specifications that datasets follow."),
    "dataset": Noun("recalling", "Datasets and their versions."),
    "need": Noun("need", "Data that departments miss and nobody lists."),
    "offer": Noun("offer", "Standing permissions: whoever fits is granted at once."),
    "request": Noun("request", "Requests for access, from asking to the decision."),
    "grant": Noun("grant", "Grants: what approved requests became."),
    "transfer": Noun("judging", "Deliveries of datasets under a grant."),
    "query": Noun("query", "Ask a service, and get its answer."),
    "document": Noun("document", "Files sent from one department to another."),
    "consent": Noun("consent", "What subjects agreed to, and the keys that they enrolled."),
    "citizen": Noun("citizen", "A person's own key, consents, and log of who used data about it."),
    "agent": Noun("agent", "The program that releases keys day and night."),
    "audit": Noun("audit", "Who got what, when, why; straight from the chain."),
}


class LazyCommands(Mapping[str, Any]):
    """The nouns as typer's commands; asking for one imports its module."""

    def __getitem__(self, name: str) -> Any:
        module = import_module(f"ledger.cli.{NOUNS[name].module}")
        return typer.main.get_command(getattr(module, f"{name}_app"))

    def __iter__(self) -> Iterator[str]:
        return iter(NOUNS)

    def __len__(self) -> int:
        return len(NOUNS)


class RootGroup(TyperGroup):
    """The root group: its help and its completion load no noun."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = LazyCommands()  # type: ignore[assignment]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's
        """Write the table of nouns."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, noun.text) for name, noun in NOUNS.items()])


app = typer.Typer(
    name="ledger",
    cls=RootGroup,
    help="Share data between departments under control, with a trail that nobody can rewrite.",
    epilog="\b\nStart here:\n  ledger testnet up\n  ledger testnet seed",
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.callback(invoke_without_command=True)(taking_shared_options(root=True))
