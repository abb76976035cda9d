"""`ledger dataset`: datasets and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.lineage import CONCERNED_COLUMNS, LINEAGE_COLUMNS
from ledger.cli.options import DatasetArgument, ReasonOption, TextOption, VersionArgument
from ledger.cli.services import (
    PARAMETER_COLUMNS,
    ParameterRow,
    ParametersOption,
    SubjectOption,
    service_of,
)
from ledger.cli.story import REASON_COLUMNS
from ledger.cli.views import DATASET_COLUMNS, VERSION_COLUMNS, DatasetRow, VersionRow
from ledger.errors import InputError
from ledger.render import size

Sharing = Literal["open", "conditional", "closed"]
SharingOption = Annotated[
    Sharing | None,
    typer.Option(
        "--sharing",
        help="open: every member's request is granted; conditional: the owner decides; "
        "closed: listed only.",
    ),
]
TitleOption = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Its title.")]
DescriptionOption = Annotated[
    str | None, typer.Option("--description", metavar="TEXT", help="What it holds, in words.")
]
SpecificationOption = Annotated[
    str | None,
    typer.Option("--spec", metavar="NAME", help="The specification that its versions follow."),
]
ApprovalsOption = Annotated[
    int | None,
    typer.Option(
        "--approvals", min=1, max=2, metavar="N", help="Officers who must approve, 1 or 2."
    ),
]
AgentOption = Annotated[
    bool | None,
    typer.Option(
        "--agent-may-publish/--agent-may-not-publish",
        help="Whether an AGENT account may publish versions.",
        show_default=False,
    ),
]
ConsentOption = Annotated[
    bool | None,
    typer.Option(
        "--consent-needed/--no-consent-needed",
        help="Whether each query of a service names its subject's consent.",
        show_default=False,
    ),
]
LegalReasonOption = Annotated[
    str | None,
    typer.Option("--legal-reason", metavar="TEXT", help="The law that closes a closed dataset."),
]
KeywordOption = Annotated[
    list[str] | None,
    typer.Option("--keyword", metavar="WORD", help="A word to find it by; may be repeated."),
]
_CHANGEABLE = (
    "give --title, --description, --keyword, --spec, --sharing, --legal-reason, --approvals, "
    "--agent-may-publish, --consent-needed or --parameters"
)

dataset_app = noun("Datasets and their versions.")


@command(
    dataset_app,
    "register",
    example='ledger dataset register employment --title "Employment" \\\n'
    '  --description "Employees by sector, monthly." --spec employment',
    writes=True,
)
def register(
    cli: Invocation,
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help="Its name within the department, as employment.")
    ],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Its title.")],
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="What it holds, in words.")
    ],
    kind: Annotated[
        Literal["file", "service"],
        typer.Option("--kind", help="file: has versions; service: answers queries."),
    ] = "file",
    parameters: ParametersOption = None,
    subject: SubjectOption = False,
    sharing: SharingOption = "conditional",
    specification: SpecificationOption = None,
    approvals: ApprovalsOption = 1,
    agent_may_publish: AgentOption = False,
    consent_needed: ConsentOption = False,
    legal_reason: LegalReasonOption = None,
    keywords: KeywordOption = None,
) -> None:
    """Register a dataset of this department in the catalogue."""
    from ledger.events import SharingClass

    if (kind == "service") != (parameters is not None):
        raise InputError(
            "a service says with --parameters what it is asked with, a file doesn't",
            hint="give both --kind service and --parameters FILE, or neither",
        )
    service = service_of(parameters, subject=bool(subject))
    with cli.ledger() as ledger:
        done = ledger.datasets.register(
            slug,
            title=title,
            description=description,
            service=service,
            sharing=SharingClass[(sharing or "conditional").upper()],
            specification=specification,
            approvals=approvals or 1,
            agent_may_publish=bool(agent_may_publish),
            consent_needed=bool(consent_needed),
            legal_reason=legal_reason,
            keywords=keywords or (),
        )
        publish = f"publish with: ledger dataset publish {done.name} FILE"
        then = "answer queries with: ledger agent run" if service else publish
        cli.out.show(done, f"{done.name} is registered; {then}")


@command(
    dataset_app, "publish", example="ledger dataset publish labour/employment july.csv", writes=True
)
def publish(
    cli: Invocation,
    name: DatasetArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to publish.")],
    again: Annotated[
        bool, typer.Option("--again", help="Also when the latest version has the same content.")
    ] = False,
    validate: Annotated[
        bool,
        typer.Option("--validate/--no-validate", help="Check it against the specification."),
    ] = True,
    media_type: Annotated[
        str | None, typer.Option("--media-type", metavar="TYPE", help="As text/csv; else guessed.")
    ] = None,
    sources: Annotated[
        list[int] | None,
        typer.Option(
            "--source",
            min=1,
            metavar="TRANSFER",
            help="A transfer that it was made from; may be repeated, up to 16 times.",
        ),
    ] = None,
) -> None:
    """Encrypt a file and publish it as the dataset's next version."""
    with cli.ledger() as ledger:
        done = ledger.datasets.publish(
            name,
            file,
            again=again,
            validate=validate,
            media_type=media_type,
            sources=sources or (),
        )
        how = "has this content already" if done.already else "is published"
        rows = "" if done.rows is None else f", {done.rows:,} rows"
        cli.out.show(done, f"{done.dataset}@{done.version} {how} ({size(done.size_bytes)}{rows}).")


@command(
    dataset_app,
    "edit",
    example='ledger dataset edit labour/employment --title "Employment by sector"',
    writes=True,
)
def edit(
    cli: Invocation,
    name: DatasetArgument,
    title: TitleOption = None,
    description: DescriptionOption = None,
    sharing: SharingOption = None,
    specification: SpecificationOption = None,
    approvals: ApprovalsOption = None,
    agent_may_publish: AgentOption = None,
    consent_needed: ConsentOption = None,
    parameters: ParametersOption = None,
    subject: SubjectOption = None,
    legal_reason: LegalReasonOption = None,
    keywords: KeywordOption = None,
) -> None:
    """Change a dataset's description or rules; grants stay as they are."""
    from ledger.events import SharingClass

    if (parameters is None) != (subject is None):
        raise InputError(
            "how a service is asked is changed as a whole",
            hint="give --parameters FILE and one of --subject and --no-subject",
        )
    rules = (sharing, approvals, agent_may_publish, consent_needed, parameters, keywords)
    if all(one in (None, []) for one in (title, description, specification, legal_reason, *rules)):
        raise InputError(f"there is nothing to change: say what of {name}", hint=_CHANGEABLE)
    with cli.ledger() as ledger:
        done = ledger.datasets.edit(
            name,
            service=service_of(parameters, subject=bool(subject)),
            title=title,
            description=description,
            sharing=SharingClass[sharing.upper()] if sharing else None,
            specification=specification,
            approvals=approvals,
            agent_may_publish=agent_may_publish,
            consent_needed=consent_needed,
            legal_reason=legal_reason,
            keywords=keywords,
        )
        cli.out.show(done, f"{name} is changed.")


@command(dataset_app, "list", example="ledger dataset list --owner labour")
def list_(
    cli: Invocation,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="CODE", help="Only this department's.")
    ] = None,
    sharing: Annotated[
        Sharing | None, typer.Option("--sharing", help="Only those of this class.")
    ] = None,
) -> None:
    """List the datasets of all members."""
    from ledger.events import SharingClass

    with cli.ledger() as ledger:
        kind = SharingClass[sharing.upper()] if sharing else None
        rows = [DatasetRow.of(view) for view in ledger.datasets.list(owner=owner, sharing=kind)]
        cli.out.rows(rows, DATASET_COLUMNS, empty="No such dataset is registered.")


@command(dataset_app, "search", example="ledger dataset search employment sector")
def search(
    cli: Invocation,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to look for.")],
) -> None:
    """Find datasets whose name, title, description or keywords have every word."""
    with cli.ledger() as ledger:
        rows = [DatasetRow.of(view) for view in ledger.datasets.search(" ".join(words))]
        cli.out.rows(rows, DATASET_COLUMNS, empty="Nothing was found.")


@command(dataset_app, "show", example="ledger dataset show labour/employment")
def show(cli: Invocation, name: DatasetArgument) -> None:
    """Show one dataset: its description, rules and versions, what they were made from and into, and
    what their recalls concern; of a service, how it is asked.
    """
    from ledger.events import DatasetWithdrawn, VersionRecalled, VersionWithdrawn

    with cli.ledger() as ledger:
        view, state = ledger.datasets.show(name), ledger.state()
        described = {} if view.description is None else view.description.model_dump(by_alias=False)
        more = {key: described.get(key) for key in ("description", "keywords", "legal_reason")}
        row, service = DatasetRow.of(view), view.description and view.description.service
        ends = (DatasetWithdrawn, VersionWithdrawn, VersionRecalled)
        ended = [event for event in view.dataset.history if isinstance(event, ends)]
        versions = VersionRow.all_of(view.dataset, state)
        linked = any(row.sources or row.made or row.recall for row in versions)
        asked = {
            "subject": service.subject if service else None,
            "consent_needed": view.dataset.consent_needed,
        }
        is_service = row.kind == "service"
        # People see only what there can be: a file isn't asked, a service has no versions.
        cli.out.detail(
            row,
            more=more | asked if is_service or cli.settings.json else more,
            rare=["concerned", "reasons", "versions" if is_service else "parameters"],
            reasons=(ledger.reasons(ended), REASON_COLUMNS),
            versions=(versions, [*VERSION_COLUMNS, *(LINEAGE_COLUMNS if linked else ())]),
            concerned=(ledger.datasets.recalls(name), CONCERNED_COLUMNS),
            parameters=(ParameterRow.all_of(service) if service else [], PARAMETER_COLUMNS),
        )


@command(
    dataset_app,
    "withdraw",
    example='ledger dataset withdraw labour/employment@3 --reason correction --text "Wrong sums."',
    writes=True,
)
def withdraw(
    cli: Invocation, name: VersionArgument, reason: ReasonOption, text: TextOption
) -> None:
    """Withdraw a dataset, or one version of it, for good."""
    cli.confirm(f"Withdraw {name} for good?")
    with cli.ledger() as ledger:
        done = ledger.datasets.withdraw(name, reason=reason, text=text)
        cli.out.show(done, f"{name} is withdrawn.")


@command(
    dataset_app,
    "erase",
    example='ledger dataset erase labour/employment@3 --text "Erasure was ordered."',
    writes=True,
)
def erase(cli: Invocation, name: VersionArgument, text: TextOption) -> None:
    """Withdraw a version and destroy its key, so that nobody can be served it again.

    The ciphertext is unpinned and the archive key replaced. Backups made before still hold the key:
    destroy them. What was received stays received.
    """
    cli.confirm(f"Destroy the key of {name} for good?")
    with cli.ledger() as ledger:
        done = ledger.datasets.erase(name, text=text)
        if cli.settings.dry_run:
            cli.out.note("It is withdrawn already: only its key would be destroyed, here.")
            return
        how = "was erased before" if done.already else "is erased"
        cli.out.show(
            done, f"{name} {how}. Destroy the backups made before; 'ledger doctor' says which."
        )
