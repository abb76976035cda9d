"""Members who lie about what a version was made from, or about what became of a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.envelope.annex import seal_annex
from ledger.errors import ContractError
from ledger.events import TransferAttested
from ledger.models import Reason
from tests.attacks.modified import act, publish, put
from tests.attacks.test_manifests import setting
from tests.country import Country

pytestmark = pytest.mark.integration


@pytest.fixture
def health(country: Country) -> Ledger:
    """Health, with a dataset of its own that statistics may have."""
    health = country.world.department("health")
    health.datasets.register("beds", title="Beds", description="By hospital.")
    ask(country, "statistics", "health/beds")
    return health


def ask(country: Country, receiver: str, name: str, *, onward: bool = False) -> None:
    """Have access to a dataset granted."""
    asked = country.world.department(receiver).requests.create(
        name,
        purpose=Purpose.RESEARCH,
        purpose_text="To study.",
        legal_basis="Research Act, section 1",
        retention_days=30,
        security_measures="Locked.",
        valid_days=30,
        onward_use=onward,
    )
    country.world.department(name.partition("/")[0]).requests.approve(asked.grant)


def receive(country: Country, *, onward: bool) -> int:
    """Health receives labour/employment@1; the transfer."""
    ask(country, "health", "labour/employment", onward=onward)
    health = country.world.department("health")
    number = health.transfers.open("labour/employment").transfer
    country.world.agent("labour").step()
    health.transfers.fetch(str(number), Path(f"got-{number}.csv"))
    return number


def declare(owner: Ledger, version: int, sources: Sequence[int]) -> None:
    dataset = owner.state().dataset("health/beds").id
    act(owner, "officer", "TransferLog", "declareSources", dataset, version, list(sources))


def refused(owner: Ledger, sources: Sequence[int]) -> str:
    """Why the contract doesn't take these sources."""
    with pytest.raises(ContractError) as caught:
        declare(owner, 1, sources)
    return caught.value.name


def test_only_what_was_received_for_onward_use_is_declared(
    country: Country, health: Ledger
) -> None:
    publish(health, "health/beds", setting("sources", []))
    kept, passed_on = receive(country, onward=False), receive(country, onward=True)
    opened = health.transfers.open("labour/employment").transfer
    theirs = next(
        one.id
        for one in country.state().transfers.values()
        if one.receiver == country.state().department("statistics").id
    )
    assert refused(health, [theirs]) == "SourceInvalid"
    assert refused(health, [opened]) == "SourceInvalid"
    assert refused(health, [kept]) == "OnwardUseForbidden"
    assert refused(health, [passed_on, passed_on]) == "SourceInvalid"
    assert refused(health, [99]) == "SourceInvalid"
    assert refused(health, []) == "SourcesMissing"
    assert refused(health, range(1, 18)) == "TooManySources"
    labour = country.world.department("labour")
    with pytest.raises(ContractError) as caught:
        declare(labour, 1, [passed_on])
    assert caught.value.name == "NotTheOwner"
    declare(health, 1, [passed_on])
    assert refused(health, [passed_on]) == "SourcesDeclaredAlready"


@pytest.mark.parametrize(
    ("said", "declared"), [([1], False), ([], True), (["other"], True)],
    ids=["undeclared", "unnamed", "others"],
)  # fmt: skip
def test_a_manifest_with_other_sources_than_were_declared_is_refused(
    country: Country, health: Ledger, said: list[Any], declared: bool
) -> None:
    source = receive(country, onward=True)
    named = [source + 1 if one == "other" else one for one in said]
    publish(health, "health/beds", setting("sources", named))
    if declared:
        declare(health, 1, [source])
    before = len(country.state().transfers)
    line = "transfer fetch health/beds --timeout 5s"
    ran = country.ledger(line, as_="statistics")
    assert (ran.code, ran.out) == (4, ""), ran
    assert "manifest and chain differ: sources is" in ran.err
    # Before anything is asked for.
    assert len(country.state().transfers) == before
    ran = country.ledger("audit verify --json", as_="audit-office")
    assert ran.code == 4
    assert "manifest of health/beds@1" in ran.out
    assert "sources is" in ran.out


def test_nobody_attests_for_another(country: Country, health: Ledger) -> None:
    number = receive(country, onward=False)
    labour = country.world.department("labour")
    labour.datasets.recall("labour/employment@1", reason=ReasonCode.LEAK, text="It leaked.")
    reason = (int(ReasonCode.DESTROYED), bytes([1] * 32))
    for stranger in ("statistics", "labour", "agency"):
        ledger = country.world.department(stranger)
        with pytest.raises(ContractError) as caught:
            act(ledger, "officer", "TransferLog", "attest", number, 1, reason)
        assert caught.value.name == "NotTheReceiver"
    ran = country.ledger(
        f"transfer attest {number} --outcome destroyed --yes --json", as_="statistics"
    )
    assert (ran.code, ran.error["class"]) == (2, "InputError")


def test_an_attestation_for_another_recall_counts_for_nothing(
    country: Country, health: Ledger
) -> None:
    """The contract can't follow lineage: whoever reads the events does."""
    number = receive(country, onward=False)
    publish(health, "health/beds", setting("sources", []))
    health.datasets.recall("health/beds@1", reason=ReasonCode.LEAK, text="It leaked.")
    labour = country.world.department("labour")
    labour.datasets.recall("labour/employment@1", reason=ReasonCode.LEAK, text="It leaked.")
    record = Reason(department=health.code, code=ReasonCode.DESTROYED, text="Gone.")
    reason = (int(ReasonCode.DESTROYED), put(health, record.to_bytes()))
    act(health, "agent", "TransferLog", "attest", number, 1, reason)
    outcomes = {one.transfer: one.outcome for one in labour.datasets.recalls("labour/employment")}
    assert outcomes[number] is None
    tasks = [item for item in health.inbox() if item.kind == "recall"]
    assert [(task.number, "--recall 2" in task.command) for task in tasks] == [(number, True)]
    assert list(health.datasets.recalls("health/beds")) == []
    with pytest.raises(ContractError):
        act(health, "agent", "TransferLog", "attest", number, 1, reason)


def test_to_keep_without_a_legal_ground_is_no_reason(country: Country, health: Ledger) -> None:
    number = receive(country, onward=False)
    labour = country.world.department("labour")
    labour.datasets.recall("labour/employment@1", reason=ReasonCode.LEAK, text="It leaked.")
    record = {"type": Reason.TYPE, "department": "health", "code": "kept", "text": "We want it."}
    data = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    reason = (int(ReasonCode.KEPT), put(health, data))
    act(health, "agent", "TransferLog", "attest", number, 1, reason)
    told = json.loads(country.ledger(f"transfer show {number} --json", as_="labour").out)
    (given,) = [one for one in told["reasons"] if one["event"] == TransferAttested.__name__]
    assert given["text"] is None
    assert "legalGround" in given["unreadable"]
    ran = country.ledger("audit verify --json", as_="audit-office")
    assert ran.code == 4
    assert f"reason of transfer {number}" in ran.out


@pytest.mark.parametrize(
    "secret",
    [{"grounds": 7}, {"grounds": "x", "more": "y"}, {}, {"grounds": "x" * 10_001}],
    ids=["a number", "more members", "nothing", "too long"],
)
def test_sealed_grounds_are_as_hostile_as_any_record(
    country: Country, secret: dict[str, object]
) -> None:
    number = country.released()
    health, labour = country.world.department("health"), country.world.department("labour")
    session = health.session
    record = Reason(department=health.code, code=ReasonCode.CORRUPT, text="Broken.")
    readers = session.recipients([labour.session.me()])
    sealed = seal_annex(record, secret, readers, deployment=session.deployment)
    reason = (int(ReasonCode.CORRUPT), put(health, sealed.to_bytes()))
    act(health, "agent", "TransferLog", "dispute", number, reason)
    ran = country.ledger(f"transfer show {number} --json", as_="labour")
    assert ran.code == 0
    (given,) = json.loads(ran.out)["reasons"]
    assert given["text"] == "Broken."
    assert given["grounds"].startswith("sealed (")


def test_somebody_elses_sealed_grounds_open_nowhere_else(country: Country) -> None:
    """An annex is bound to its record: moved into another it tells nothing."""
    number = country.released()
    health, labour = country.world.department("health"), country.world.department("labour")
    session = health.session
    record = Reason(department=health.code, code=ReasonCode.CORRUPT, text="Broken.")
    readers = session.recipients([labour.session.me()])
    sealed = seal_annex(record, {"grounds": "Row 7."}, readers, deployment=session.deployment)
    moved = sealed.model_copy(update={"text": "Something else."})
    act(
        health, "agent", "TransferLog", "dispute", number,
        (int(ReasonCode.CORRUPT), put(health, moved.to_bytes())),
    )  # fmt: skip
    out = country.ledger(f"transfer show {number}", as_="labour").out
    assert "Row 7." not in out
    assert "sealed (" in out


def test_a_recall_of_anothers_version_is_refused(country: Country, health: Ledger) -> None:
    dataset = country.state().dataset("labour/employment").id
    with pytest.raises(ContractError):
        act(health, "officer", "TransferLog", "recall", dataset, 1, (42, bytes([1] * 32)))
    labour = country.world.department("labour")
    with pytest.raises(ContractError) as caught:
        act(labour, "officer", "TransferLog", "recall", dataset, 1, (42, bytes([1] * 32)))
    assert caught.value.name == "VersionNotWithdrawn"


def test_a_fetch_of_a_recalled_version_is_refused(country: Country) -> None:
    country.approved()
    labour = country.world.department("labour")
    labour.datasets.recall("labour/employment@1", reason=ReasonCode.LEAK, text="It leaked.")
    ran = country.ledger("transfer fetch labour/employment@1 --json", as_="health")
    assert (ran.code, ran.error["class"]) == (3, "ContractError")
