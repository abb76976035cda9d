"""What was made from what, and what a recall therefore concerns."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.identifiers import DepartmentId, TransferId
from ledger.provenance.deliveries import Recall, Transfer
from ledger.provenance.state import LedgerState


@dataclass(frozen=True, slots=True)
class Concern:
    """A transfer that a recall concerns. Times in Unix seconds."""

    recall: Recall
    transfer: Transfer
    since: int
    """When its receiver could first know it."""
    via: TransferId | None
    """The source of the version that it delivers, which is concerned too; None: recalled itself."""

    @property
    def attest_by(self) -> int:
        """Until when its receiver has to attest: as long after `since` as after the recall."""
        return self.since + self.recall.attest_by - self.recall.decision.decided_at

    @property
    def attested(self) -> bool:
        """Whether its receiver has said what it did."""
        return self.recall.id in self.transfer.attestations

    def overdue(self, now: int) -> bool:
        """Whether its receiver should have attested by now."""
        return not self.attested and now > self.attest_by


def concerned(state: LedgerState, recall: Recall) -> tuple[Concern, ...]:
    """Every release that a recall concerns, directly or through lineage, by when it did first.

    Each once, whatever the ways to it; sources that are declared later count from then on.
    """
    found: dict[TransferId, Concern] = {}
    version = state.datasets[recall.dataset].versions[recall.version]
    recalled_at = recall.decision.decided_at
    nothing = TransferId(0)
    waiting = [
        (since, number, nothing)
        for number, since in _released(state, version.transfers, recalled_at)
    ]
    heapq.heapify(waiting)
    while waiting:
        since, number, via = heapq.heappop(waiting)
        if number in found:
            continue
        transfer = state.transfers[number]
        found[number] = Concern(recall, transfer, since, via or None)
        for dataset, made in transfer.made:
            version = state.datasets[dataset].versions[made]
            declared = max(since, version.sources_declared_at or 0)
            for each, later in _released(state, version.transfers, declared):
                heapq.heappush(waiting, (later, each, number))
    return tuple(found.values())


def unattested(state: LedgerState, receiver: DepartmentId) -> tuple[Concern, ...]:
    """What a department has yet to attest, for every recall."""
    return tuple(
        concern
        for recall in state.recalls.values()
        for concern in concerned(state, recall)
        if concern.transfer.receiver == receiver and not concern.attested
    )


def _released(
    state: LedgerState, transfers: list[TransferId], since: int
) -> Iterator[tuple[TransferId, int]]:
    """Those of the transfers that were released, and from when on a recall known at `since` can
    concern each."""
    for number in transfers:
        released_at = state.transfers[number].released_at
        if released_at is not None:
            yield number, max(since, released_at)
