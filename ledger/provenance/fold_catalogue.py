"""The rules of `DatasetRegistry`'s events: what each requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    DatasetEdited,
    DatasetKind,
    DatasetRegistered,
    DatasetWithdrawn,
    Event,
    SpecificationPublished,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.identifiers import DatasetId, DepartmentId
from ledger.provenance.catalogue import Dataset, Decision, Version
from ledger.provenance.members import Department
from ledger.provenance.rules import AGENCY, Histories, acting, known, require

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def specification_published(state: LedgerState, event: SpecificationPublished) -> Histories:
    """The agency's next version of a specification."""
    agency = known(state.departments, event.agency, event, "department")
    require(agency.id == AGENCY, event, f"{agency.code} isn't the agency")
    versions = state.specifications.get(event.name, {})
    expected = len(versions) + 1
    require(event.specification_version == expected, event, "the number isn't the next one")
    state.specifications.setdefault(event.name, {})[expected] = event.specification
    return (agency.events,)


def registered(state: LedgerState, event: DatasetRegistered) -> Histories:
    """A new dataset, with the next number and a slug that is free at its owner."""
    owner = acting(state, event, event.owner)
    name = f"{owner.code}/{event.slug}"
    require(event.dataset == len(state.datasets) + 1, event, "the number isn't the next one")
    require(name not in state.datasets_by_name, event, f"the name {name} is taken")
    dataset = Dataset(
        id=event.dataset,
        name=name,
        owner=owner.id,
        slug=event.slug,
        kind=event.kind,
        sharing=event.sharing,
        approvals=event.approvals,
        agent_may_publish=event.agent_may_publish,
        description=event.description,
        registered_at=event.at.timestamp,
    )
    state.datasets[dataset.id] = state.datasets_by_name[name] = dataset
    return dataset.events, owner.events


def edited(state: LedgerState, event: DatasetEdited) -> Histories:
    """New rules and a new description, by the owner."""
    dataset, owner = _owned(state, event, event.dataset, event.owner)
    dataset.sharing = event.sharing
    dataset.approvals = event.approvals
    dataset.agent_may_publish = event.agent_may_publish
    dataset.description = event.description
    return dataset.events, owner.events


def withdrawn(state: LedgerState, event: DatasetWithdrawn) -> Histories:
    """The end of a dataset, by its owner."""
    dataset, owner = _owned(state, event, event.dataset, event.owner)
    dataset.withdrawal = Decision(event.reason_code, event.reason, event.at.timestamp)
    return dataset.events, owner.events


def version_published(state: LedgerState, event: VersionPublished) -> Histories:
    """The next version of a file dataset, by its owner."""
    dataset, owner = _owned(state, event, event.dataset, event.owner)
    require(dataset.kind is DatasetKind.FILE, event, f"{dataset.name} is a service")
    expected = dataset.version_count + 1
    require(event.dataset_version == expected, event, "the number isn't the next one")
    dataset.versions[event.dataset_version] = Version(
        event.dataset_version, event.manifest, event.at.timestamp
    )
    return dataset.events, owner.events


def version_withdrawn(state: LedgerState, event: VersionWithdrawn) -> Histories:
    """The end of one version, by its owner."""
    dataset, owner = _owned(state, event, event.dataset, event.owner)
    version = known(
        dataset.versions, event.dataset_version, event, f"version of {dataset.name} with number"
    )
    require(not version.withdrawn, event, f"{dataset.name}@{version.number} is withdrawn already")
    version.withdrawal = Decision(event.reason_code, event.reason, event.at.timestamp)
    return dataset.events, owner.events


def _owned(
    state: LedgerState, event: Event, number: DatasetId, owner: DepartmentId
) -> tuple[Dataset, Department]:
    dataset = known(state.datasets, number, event, "dataset")
    department = acting(state, event, owner)
    require(dataset.owner == owner, event, f"{department.code} doesn't own {dataset.name}")
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    return dataset, department
