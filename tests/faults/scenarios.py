"""The five commands that are broken off, and what each shall have done exactly once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.agent import Agent
from ledger.client.versionsecrets import secrets_of
from ledger.codes import Purpose
from ledger.envelope.binding import manifest_associated_data
from ledger.envelope.streaming import decrypt_stream
from ledger.events import (
    AccessRequested,
    Event,
    GrantActivated,
    GrantState,
    TransferAcknowledged,
    TransferOpened,
    TransferReleased,
    TransferState,
    VersionPublished,
)
from ledger.identifiers import record_cid
from ledger.models import Manifest
from tests.faults.breaking import Errand
from tests.faults.stage import Mark, Stage

DATASET = "labour/ledgerbook"
# Three chunks, so that a payload can be broken off in its middle.
CONTENT = random.Random(3).randbytes(2_500_000)
CONTACT = "desk 4, room 12"
REQUEST = (
    *("request", "create", DATASET, "--purpose", "planning", "--why", "To plan"),
    *("--legal-basis", "Planning Act, section 2", "--valid-days", "30", "--contact", CONTACT),
)


@dataclass(frozen=True)
class Scenario:
    """One command, with what must be there before it and what is there after it."""

    name: str
    prepare: Callable[[Stage], None]
    command: Callable[[Stage], Errand]
    events: tuple[type[Event], ...]
    """What happens on the ledger, exactly once each."""
    check: Callable[[Stage, Mark], None]
    actor: str
    done_code: int = 0
    """The exit code of the same command when all is done."""
    repeats: bool = False
    """Whether the same command, when all is done, means once more: a second document."""

    def require_one_effect(self, stage: Stage, mark: Mark) -> None:
        """Check that since the mark all has happened once, and nothing is left to do."""
        happened = tuple(type(event) for event in stage.events()[mark.events :])
        assert happened == self.events
        self.check(stage, mark)
        stage.require_settled(self.actor)


def register(stage: Stage) -> None:
    """A dataset without versions, and the file for its first."""
    (stage.work / "book.bin").write_bytes(CONTENT)
    with stage.ledger("labour") as labour:
        labour.datasets.register("ledgerbook", title="The book", description="All entries.")


def publish(stage: Stage) -> None:
    """… with its first version."""
    register(stage)
    with stage.ledger("labour") as labour:
        labour.datasets.publish(DATASET, stage.work / "book.bin")


def request(stage: Stage) -> None:
    """… which health asked for."""
    publish(stage)
    ask(stage)


def ask(stage: Stage, name: str = DATASET, **more: Any) -> None:
    """Health's request for a dataset."""
    with stage.ledger("health") as health:
        health.requests.create(
            name,
            purpose=Purpose.parse("planning"),
            purpose_text="To plan",
            legal_basis="Planning Act, section 2",
            retention_days=30,
            security_measures="Encrypted at rest.",
            valid_days=30,
            **more,
        )


def approve(stage: Stage) -> None:
    """… and may have."""
    request(stage)
    with stage.ledger("labour") as labour:
        labour.requests.approve(1)


def ask_again(stage: Stage) -> None:
    """A second request of health's, granted too."""
    ask(stage)
    with stage.ledger("labour") as labour:
        labour.requests.approve(2)


def open_transfer(stage: Stage) -> None:
    """… and waits for."""
    approve(stage)
    with stage.ledger("health") as health:
        health.transfers.open(DATASET)


def serve(stage: Stage) -> None:
    """One round of labour's agent."""
    with stage.ledger("labour") as labour:
        Agent(labour.session, lambda *_, **__: None).step()


def content_of(stage: Stage, number: int) -> bytes:
    """What a version's payload says, opened with the owner's stored key."""
    with stage.ledger("labour") as labour:
        session, dataset = labour.session, labour.state().dataset(DATASET)
        named = dataset.version(number).manifest
        manifest = session.fetch_record(Manifest, named)
        secrets = secrets_of(session, dataset.id, number, named)
        assert secrets is not None
        ciphertext = session.ipfs.read_payload(manifest.payload.cid)
        bound = manifest_associated_data(session.deployment, manifest)
        return b"".join(decrypt_stream(secrets.key, bound, ciphertext))


def check_published(stage: Stage, mark: Mark) -> None:
    """One version, whose payload is pinned, readable and right; nothing else is kept."""
    with stage.ledger("labour") as labour:
        (version,) = labour.state().dataset(DATASET).versions.values()
        manifest = labour.session.fetch_record(Manifest, version.manifest)
    assert stage.pins() - mark.pins == {manifest.payload.cid, record_cid(version.manifest)}
    assert content_of(stage, 1) == CONTENT
    assert stage.notes("labour", "SELECT COUNT(*) FROM data_keys") == [(1,)]


def check_requested(stage: Stage, _mark: Mark) -> None:
    """One request, whose sealed part the owner can read."""
    with stage.ledger("labour") as labour:
        (grant,) = labour.state().grants.values()
        assert grant.state is GrantState.REQUESTED
        assert labour.requests.sealed(grant.id) == {"contact": CONTACT}


def check_approved(stage: Stage, _mark: Mark) -> None:
    """The grant is active."""
    with stage.ledger("labour") as labour:
        assert labour.state().grant(1).state is GrantState.ACTIVE


def check_released(stage: Stage, mark: Mark) -> None:
    """The wrap that the chain names is published, and no other."""
    with stage.ledger("labour") as labour:
        transfer = labour.state().transfer(1)
        assert transfer.state is TransferState.RELEASED
        assert transfer.wrap is not None
        assert labour.session.ipfs.has_block(transfer.wrap)
        assert labour.session.store.unpublished_wraps() == []
    assert stage.pins() - mark.pins == {record_cid(transfer.wrap)}


def check_fetched(stage: Stage, _mark: Mark) -> None:
    """The receipt is on the ledger and the file in place, alone."""
    with stage.ledger("health") as health:
        (transfer,) = health.state().transfers.values()
        assert transfer.state is TransferState.ACKNOWLEDGED
    assert sorted(file.name for file in stage.work.iterdir()) == ["book.bin", "received.bin"]
    assert (stage.work / "received.bin").read_bytes() == CONTENT


SCENARIOS = (
    Scenario(
        "publish",
        register,
        lambda stage: stage.errand("labour", "dataset", "publish", DATASET, "book.bin"),
        (VersionPublished,),
        check_published,
        actor="labour",
    ),
    Scenario(
        "request",
        publish,
        lambda stage: stage.errand("health", *REQUEST),
        (AccessRequested,),
        check_requested,
        actor="health",
    ),
    Scenario(
        "approve",
        request,
        lambda stage: stage.errand("labour", "request", "approve", "1"),
        (GrantActivated,),
        check_approved,
        actor="labour",
        done_code=3,
    ),
    Scenario(
        "release",
        open_transfer,
        lambda stage: stage.errand("labour", "agent", "run", "--once"),
        (TransferReleased,),
        check_released,
        actor="labour",
    ),
    Scenario(
        "fetch",
        approve,
        lambda stage: stage.errand(
            "health", "transfer", "fetch", DATASET, "--out", "received.bin", owner="labour"
        ),
        (TransferOpened, TransferReleased, TransferAcknowledged),
        check_fetched,
        actor="health",
        done_code=2,
    ),
)
