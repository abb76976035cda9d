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
    NeedPublished,
    NeedWithdrawn,
    SpecificationDeprecated,
    SpecificationPublished,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.identifiers import DatasetId, DepartmentId
from ledger.provenance.catalogue import Dataset, Need, Specification, Version
from ledger.provenance.members import Department
from ledger.provenance.rules import Histories, acting, acting_agency, decision, known, require

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def specification_published(state: LedgerState, event: SpecificationPublished) -> Histories:
    """The agency's next version of a specification."""
    agency = acting_agency(state, event, event.agency)
    versions = state.specifications.get(event.name, {})
    expected = len(versions) + 1
    require(event.specification_version == expected, event, "the number isn't the next one")
    state.specifications.setdefault(event.name, {})[expected] = Specification(event.specification)
    return (agency.events,)


def specification_deprecated(state: LedgerState, event: SpecificationDeprecated) -> Histories:
    """The agency advises against a version."""
    agency = acting_agency(state, event, event.agency)
    versions = state.specifications.get(event.name, {})
    what = f"version of the specification {event.name} with number"
    found = known(versions, event.specification_version, event, what)
    require(found.deprecation is None, event, "it is deprecated already")
    found.deprecation = decision(event)
    return (agency.events,)


def need_published(state: LedgerState, event: NeedPublished) -> Histories:
    """A new need, with the next number."""
    department = acting(state, event, event.department)
    require(event.need == len(state.needs) + 1, event, "the number isn't the next one")
    state.needs[event.need] = Need(event.need, department.id, event.description, event.at.timestamp)
    return (department.events,)


def need_withdrawn(state: LedgerState, event: NeedWithdrawn) -> Histories:
    """The end of a need, by its department."""
    need = known(state.needs, event.need, event, "need")
    department = acting(state, event, event.department)
    require(need.department == department.id, event, f"need {need.id} isn't {department.code}'s")
    require(not need.withdrawn, event, f"need {need.id} is withdrawn")
    need.withdrawal = decision(event)
    return (department.events,)


def registered(state: LedgerState, event: DatasetRegistered) -> Histories:
    """A new dataset, with the next number and a slug that is free at its owner."""
    owner = acting(state, event, event.owner)
    name = f"{owner.code}/{event.slug}"
    require(event.dataset == len(state.datasets) + 1, event, "the number isn't the next one")
    require(name not in state.datasets_by_name, event, f"the name {name} is taken")
    _require_rules(event, event.kind)
    dataset = Dataset(
        id=event.dataset,
        name=name,
        owner=owner.id,
        slug=event.slug,
        kind=event.kind,
        sharing=event.sharing,
        approvals=event.approvals,
        agent_may_publish=event.agent_may_publish,
        consent_needed=event.consent_needed,
        description=event.description,
        registered_at=event.at.timestamp,
    )
    state.datasets[dataset.id] = state.datasets_by_name[name] = dataset
    return dataset.events, owner.events


def edited(state: LedgerState, event: DatasetEdited) -> Histories:
    """New rules and a new description, by the owner."""
    dataset, owner = _serving(state, event)
    _require_rules(event, dataset.kind)
    dataset.sharing = event.sharing
    dataset.approvals = event.approvals
    dataset.agent_may_publish = event.agent_may_publish
    dataset.consent_needed = event.consent_needed
    dataset.description = event.description
    return dataset.events, owner.events


def withdrawn(state: LedgerState, event: DatasetWithdrawn) -> Histories:
    """The end of a dataset, by its owner."""
    dataset, owner = _serving(state, event)
    dataset.withdrawal = decision(event)
    return dataset.events, owner.events


def version_published(state: LedgerState, event: VersionPublished) -> Histories:
    """The next version of a file dataset, by its owner."""
    dataset, owner = _serving(state, event)
    require(dataset.kind is DatasetKind.FILE, event, f"{dataset.name} is a service")
    expected = dataset.version_count + 1
    require(event.dataset_version == expected, event, "the number isn't the next one")
    dataset.versions[event.dataset_version] = Version(
        event.dataset_version, event.manifest, event.at.timestamp
    )
    return dataset.events, owner.events


def version_withdrawn(state: LedgerState, event: VersionWithdrawn) -> Histories:
    """The end of one version, by its owner; of a withdrawn dataset, too."""
    dataset, owner = owned(state, event, event.dataset, event.owner)
    version = known(
        dataset.versions, event.dataset_version, event, f"version of {dataset.name} with number"
    )
    require(not version.withdrawn, event, f"{dataset.name}@{version.number} is withdrawn already")
    version.withdrawal = decision(event)
    return dataset.events, owner.events


def _require_rules(event: DatasetRegistered | DatasetEdited, kind: DatasetKind) -> None:
    service = kind is DatasetKind.SERVICE
    require(service or not event.consent_needed, event, "only a service needs consents")


def owned(
    state: LedgerState, event: Event, number: DatasetId, owner: DepartmentId
) -> tuple[Dataset, Department]:
    """The dataset of this number, and its owner, which acted.

    Raises:
        IntegrityError: there is none, or it is another's.
    """
    dataset = known(state.datasets, number, event, "dataset")
    department = acting(state, event, owner)
    require(dataset.owner == owner, event, f"{department.code} doesn't own {dataset.name}")
    return dataset, department


def _serving(
    state: LedgerState, event: DatasetEdited | DatasetWithdrawn | VersionPublished
) -> tuple[Dataset, Department]:
    dataset, owner = owned(state, event, event.dataset, event.owner)
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    return dataset, owner
