"""The ledger's things as commands show them: flat, with names in place of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.cli.lineage import Link, made_from, sources_of
from ledger.cli.story import purpose_label
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.client import Ledger
    from ledger.client.results import DatasetView
    from ledger.provenance import Dataset, Grant, LedgerState, Offer, Transfer


@dataclass(frozen=True)
class DatasetRow:
    """A dataset of the catalogue."""

    name: str
    title: str | None
    kind: str
    """`file` or `service`."""
    sharing: str
    versions: int
    specification: str | None
    withdrawn: bool

    @classmethod
    def of(cls, view: DatasetView) -> DatasetRow:
        """Flatten a dataset."""
        described = view.description
        named = described.specification if described else None
        return cls(
            name=view.dataset.name,
            title=described.title if described else None,
            kind=view.dataset.kind.name.lower(),
            sharing=view.dataset.sharing.name.lower(),
            versions=view.dataset.version_count,
            specification=f"{named.name}@{named.version}" if named else None,
            withdrawn=view.dataset.withdrawn,
        )


@dataclass(frozen=True)
class VersionRow:
    """One version of a dataset."""

    version: int
    published_at: int
    withdrawn: bool
    manifest: bytes
    recall: int | None
    sources: tuple[Link, ...]
    """What it was made from."""
    made: tuple[Link, ...]
    """What was made from it."""

    @classmethod
    def all_of(cls, dataset: Dataset, state: LedgerState) -> list[VersionRow]:
        """Flatten a dataset's versions."""
        return [
            cls(
                number,
                version.published_at,
                version.withdrawn,
                version.manifest,
                version.recall,
                sources_of(version, state),
                made_from(version, state),
            )
            for number, version in sorted(dataset.versions.items())
        ]


@dataclass(frozen=True)
class GrantRow:
    """A request, or the grant that it became."""

    number: int
    dataset: str
    requester: str
    owner: str
    state: str
    purpose: str
    onward_use: bool
    respond_by: int | None
    """None once it is answered."""
    valid_until: int
    offer: int | None
    """Under which offer it was made."""
    comply_by: int | None
    """By when the owner has to grant it as ordered."""

    @classmethod
    def of(cls, grant: Grant, state: LedgerState, now: int) -> GrantRow:
        """Flatten a grant."""
        dataset = state.datasets[grant.dataset]
        expired = grant.state.name in ("ACTIVE", "SUSPENDED") and grant.expired(now)
        return cls(
            number=grant.id,
            dataset=dataset.name,
            requester=state.departments[grant.requester].code,
            owner=state.departments[dataset.owner].code,
            state="expired" if expired else grant.state.name.lower(),
            purpose=purpose_label(grant.purpose),
            onward_use=grant.onward_use,
            respond_by=grant.respond_by if grant.state.name == "REQUESTED" else None,
            valid_until=grant.valid_until,
            offer=grant.offer,
            comply_by=grant.order.comply_by if grant.order else None,
        )


@dataclass(frozen=True)
class OfferRow:
    """A standing permission."""

    number: int
    dataset: str
    owner: str
    group: str | None
    standing: int
    """The least standing that it is for."""
    purpose: str | None
    """None: any."""
    all_fields: bool
    onward_use: bool
    longest_days: int
    valid_until: int
    state: str

    @classmethod
    def of(cls, offer: Offer, state: LedgerState, now: int) -> OfferRow:
        """Flatten an offer."""
        ended = "retired" if offer.retirement else "over"
        return cls(
            number=offer.id,
            dataset=state.datasets[offer.dataset].name,
            owner=state.departments[offer.owner].code,
            group=offer.group,
            standing=offer.standing,
            purpose=purpose_label(offer.terms.purpose) if offer.terms.purpose else None,
            all_fields=offer.terms.all_fields,
            onward_use=offer.terms.onward_use,
            longest_days=offer.longest // 86_400,
            valid_until=offer.terms.valid_until,
            state="in force" if offer.in_force(now) else ended,
        )


@dataclass(frozen=True)
class TransferRow:
    """A delivery."""

    number: int
    kind: str
    """What it delivers: `version`, `derived`, `answer` or `document`."""
    dataset: str | None
    """With the version, if it delivers one; None of a document, as is the grant."""
    sender: str
    receiver: str
    grant: int | None
    state: str
    release_by: int | None
    """None once the key is released, or declined."""
    acknowledge_by: int | None
    """None unless a receipt is awaited."""

    @property
    def due(self) -> int | None:
        """When the key or the receipt that is awaited is due."""
        return self.release_by or self.acknowledge_by

    @classmethod
    def of(cls, transfer: Transfer, state: LedgerState) -> TransferRow:
        """Flatten a transfer."""
        name = None if transfer.dataset is None else state.datasets[transfer.dataset].name
        return cls(
            number=transfer.id,
            kind=transfer.kind.label,
            dataset=dataset_label(name, transfer),
            sender=state.departments[transfer.sender].code,
            receiver=state.departments[transfer.receiver].code,
            grant=transfer.grant,
            state=transfer.state.name.lower(),
            release_by=transfer.release_by if transfer.state.name == "OPENED" else None,
            acknowledge_by=transfer.acknowledge_by if transfer.state.name == "RELEASED" else None,
        )


def dataset_label(name: str | None, transfer: Transfer) -> str | None:
    """What a transfer is of: `labour/employment@3`; None of a document."""
    return name if transfer.version is None else f"{name}@{transfer.version}"


def grant_rows(ledger: Ledger, grants: Iterable[Grant], *, mine: bool) -> list[GrantRow]:
    """Flatten grants; with `mine` only those where this department is requester or owner."""
    state, now = ledger.state(), ledger.session.now()
    me = ledger.session.me().id if mine else None
    wanted = [one for one in grants if me in (None, one.requester, one.owner)]
    return [GrantRow.of(one, state, now) for one in wanted]


def transfer_rows(
    ledger: Ledger, transfers: Iterable[Transfer], *, mine: bool
) -> list[TransferRow]:
    """Flatten transfers; with `mine` only those where this department sends or receives."""
    state = ledger.state()
    me = ledger.session.me().id if mine else None
    wanted = [one for one in transfers if me in (None, one.sender, one.receiver)]
    return [TransferRow.of(one, state) for one in wanted]


DATASET_COLUMNS = [
    Column("Dataset", "name"),
    Column("Title", "title"),
    Column("Sharing", "sharing"),
    Column("Versions", "versions", right=True),
    Column("Specification", "specification"),
]
_ACCESS_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Dataset", "dataset"),
    Column("Requester", "requester"),
    Column("State", "state"),
    Column("Purpose", "purpose"),
]
REQUEST_COLUMNS = [*_ACCESS_COLUMNS, Column("Answer due", "respond_by")]
GRANT_COLUMNS = [*_ACCESS_COLUMNS, Column("Valid until", "valid_until")]
OFFER_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Dataset", "dataset"),
    Column("Group", "group"),
    Column("Standing", "standing", right=True),
    Column("Purpose", "purpose"),
    Column("State", "state"),
    Column("Ends", "valid_until"),
]
TRANSFER_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Dataset", "dataset"),
    Column("Receiver", "receiver"),
    Column("Grant", "grant", right=True),
    Column("State", "state"),
    Column("Due", "due"),
]
VERSION_COLUMNS = [
    Column("Version", "version", right=True),
    Column("Published", "published_at"),
    Column("Withdrawn", "withdrawn"),
    Column("Manifest", "manifest"),
]
