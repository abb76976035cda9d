"""The fold follows whatever the contracts do: a random walk, compared with their views."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from ledger.deployment import CONTRACTS
from ledger.errors import IntegrityError
from ledger.events import GrantState, RefusalCause, TransferState
from ledger.identifiers import Code, encode_code
from tests.chain_fixtures import TestLedger, running_ledger
from tests.integration.walk import GROUPS, Walk

pytestmark = pytest.mark.integration

STEPS, COMPARED_EVERY = 800, 400
NOBODY = "0x0000000000000000000000000000000000000000"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[TestLedger]:
    with running_ledger("anvil", tmp_path) as running:
        yield running


def clock_of(grant: Any) -> int | None:
    """The one time that the contract keeps in a state."""
    match grant.state:
        case GrantState.REQUESTED:
            return int(grant.respond_by)
        case GrantState.COUNTERED:
            return int(grant.counter.lapses_at)
        case GrantState.ORDERED:
            return int(grant.order.comply_by)
        case GrantState.ACTIVE:
            return int(grant.held_since)
    return None


def compare_grants(walk: Walk) -> None:
    for number, grant in walk.state.grants.items():
        found = walk.read("AccessGrants", "grantOf", number)
        same = (
            found.dataset, found.requester, found.owner, found.state, found.approvals,
            found.purpose, found.all_fields, found.onward_use, found.ordered, found.valid_until,
        )  # fmt: skip
        assert same == (
            grant.dataset, grant.requester, grant.owner, grant.state, grant.approvals,
            grant.purpose, grant.all_fields, grant.onward_use, grant.ordered, grant.valid_until,
        ), number  # fmt: skip
        clock = clock_of(grant)
        assert clock in (None, found.clock), (number, grant.state)
        if grant.state not in (GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.REVOKED):
            assert found.terms == grant.terms, number
        approver = walk.read("AccessGrants", "firstApprover", number)
        assert approver == (grant.first_approver or NOBODY), number
        permission = walk.read("AccessGrants", "permission", number, grant.dataset, grant.requester)
        cause = grant.refusal_cause(walk.now)
        # Receipts are for the transfer log to count.
        expected = RefusalCause.NONE if cause is RefusalCause.OVERDUE_RECEIPTS else cause
        assert permission.cause == expected, number
        overdue = walk.read("TransferLog", "overdueCount", grant.dataset, grant.requester)
        assert overdue == grant.overdue_receipts(walk.now), number


def compare_transfers(walk: Walk) -> None:
    for number, transfer in walk.state.transfers.items():
        found = walk.read("TransferLog", "transferOf", number)
        same = (
            found.dataset, found.dataset_version, found.grant, found.sender, found.receiver,
            found.state, found.kind, found.cured, found.consent,
        )  # fmt: skip
        assert same == (
            transfer.dataset or 0, transfer.version or 0, transfer.grant or 0, transfer.sender,
            transfer.receiver, transfer.state, transfer.kind, transfer.cured,
            transfer.consent or 0,
        ), number  # fmt: skip
        clocks = {
            TransferState.OPENED: transfer.release_by,
            TransferState.RELEASED: transfer.acknowledge_by,
        }
        assert clocks.get(transfer.state, found.clock) == found.clock, number


def compare_members(walk: Walk) -> None:
    now = walk.now
    assert walk.read("DepartmentRegistry", "agency") == walk.state.agency_at(now)
    periods = walk.state.periods_at(now)
    found = walk.read("DepartmentRegistry", "periods")
    assert tuple(found) == (
        periods.respond, periods.release, periods.acknowledge, periods.comply, periods.attest,
    )  # fmt: skip
    for number, department in walk.state.departments.items():
        key = department.current_key(now)
        asked = {
            "standingOf": department.standing(now),
            "isAuditor": department.auditor(now),
            "inGoodStanding": department.in_good_standing(now),
            "lastReset": department.last_reset(now),
            "currentKey": key.number if key else None,
        }
        for view, expected in asked.items():
            assert walk.read("DepartmentRegistry", view, number) == expected, (view, number)
        for group in GROUPS:
            said = walk.read("DepartmentRegistry", "isInGroup", encode_code(Code(group)), number)
            assert said == department.in_group(Code(group), now), (group, number)


def compare(walk: Walk) -> None:
    """Views say what the fold says."""
    compare_members(walk)
    compare_grants(walk)
    compare_transfers(walk)
    for number, consent in walk.state.consents.items():
        said = walk.read(
            "ConsentRegistry",
            "inForce",
            number,
            consent.dataset,
            consent.receiver,
            consent.purpose,
        )
        assert said == consent.in_force(walk.now), number
    for number, dataset in walk.state.datasets.items():
        found = walk.read("DatasetRegistry", "datasetOf", number)
        assert (found.sharing, found.approvals, found.consent_needed, found.withdrawn) == (
            dataset.sharing, dataset.approvals, dataset.consent_needed, dataset.withdrawn,
        )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_the_fold_follows_whatever_the_contracts_do(ledger: TestLedger, seed: int) -> None:
    with closing(Walk(ledger, seed)) as walk:
        for count in range(1, STEPS + 1):
            try:
                walk.step()
            except IntegrityError as error:
                pytest.fail(f"step {count}: {error.message}")
            if count % COMPARED_EVERY == 0:
                compare(walk)


def test_a_walk_tries_every_call() -> None:
    source = Path(__file__).with_name("walk.py").read_text()
    changing = [
        entry["name"]
        for contract in CONTRACTS
        for entry in json.loads(files("ledger.abi").joinpath(f"{contract}.json").read_bytes())[
            "abi"
        ]
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]
    # A retirement would end the walk.
    assert [name for name in changing if f'"{name}"' not in source] == ["retire"]
