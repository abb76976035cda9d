"""Which rule each event follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ledger import events
from ledger.events import Event
from ledger.provenance import fold_catalogue, fold_grants, fold_members, fold_transfers
from ledger.provenance.rules import Histories

RULES: Final[dict[type[Event], Callable[[Any, Any], Histories]]] = {
    events.DepartmentAdmitted: fold_members.admitted,
    events.DepartmentSuspended: fold_members.suspended,
    events.DepartmentReinstated: fold_members.reinstated,
    events.AuditorAppointed: fold_members.auditor_appointed,
    events.AccountAdded: fold_members.account_added,
    events.AccountRemoved: fold_members.account_removed,
    events.KeyPublished: fold_members.key_published,
    events.KeyRetired: fold_members.key_retired,
    events.DeadlinesSet: fold_members.deadlines_set,
    events.SpecificationPublished: fold_catalogue.specification_published,
    events.DatasetRegistered: fold_catalogue.registered,
    events.DatasetEdited: fold_catalogue.edited,
    events.DatasetWithdrawn: fold_catalogue.withdrawn,
    events.VersionPublished: fold_catalogue.version_published,
    events.VersionWithdrawn: fold_catalogue.version_withdrawn,
    events.AccessRequested: fold_grants.requested,
    events.ApprovalRecorded: fold_grants.approval_recorded,
    events.GrantActivated: fold_grants.activated,
    events.RequestRefused: fold_grants.refused,
    events.RequestWithdrawn: fold_grants.withdrawn,
    events.GrantSuspended: fold_grants.suspended,
    events.GrantResumed: fold_grants.resumed,
    events.GrantRevoked: fold_grants.revoked,
    events.TransferOpened: fold_transfers.opened,
    events.TransferRefused: fold_transfers.attempt_refused,
    events.TransferReleased: fold_transfers.released,
    events.TransferDeclined: fold_transfers.declined,
    events.TransferAcknowledged: fold_transfers.acknowledged,
    events.TransferDisputed: fold_transfers.disputed,
    events.TransferSettled: fold_transfers.settled,
}
