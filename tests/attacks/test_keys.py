"""Wrapped keys for something else, hostile encryption keys, and receivers who never answer."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from ledger.client import Ledger
from ledger.client.versionsecrets import secrets_of
from ledger.envelope.binding import SecretKey, transfer_wrap_info
from ledger.envelope.keyset import Keyset
from ledger.envelope.wrap import PUBLIC_KEY_BYTES, PrivateKey, wrap_key
from ledger.errors import ContractError
from ledger.events import TransferState
from ledger.identifiers import Code, KeyNumber, TransferId
from ledger.records import digest
from tests.attacks.modified import act, put
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration


def wrapped(
    owner: Ledger,
    *,
    transfer: int,
    to: str = "health",
    named: str = "health",
    number: int = 1,
    key: SecretKey | None = None,
    deployment: bytes | None = None,
) -> bytes:
    """A wrap by the owner's modified client: encrypted `to` one, bound to another's name."""
    session, state = owner.session, owner.state()
    dataset = state.dataset("labour/employment")
    real = secrets_of(session, dataset.id, 1, dataset.version(1).manifest)
    public = state.department(to).keys[KeyNumber(1)].public_key
    info = transfer_wrap_info(
        deployment or session.deployment, TransferId(transfer), Code(named), KeyNumber(number)
    )
    assert real is not None
    return wrap_key(public, key or real.key, info)


def release(owner: Ledger, transfer: int, wrap: bytes) -> None:
    """Record and publish the release, as if it were right."""
    manifest = owner.state().dataset("labour/employment").version(1).manifest
    act(owner, "agent", "TransferLog", "release", transfer, manifest, 1, digest(wrap))
    put(owner, wrap)


WRAPS = {
    "for another transfer": lambda owner, n: wrapped(owner, transfer=n - 1),
    "for another receiver's key": lambda owner, n: wrapped(owner, transfer=n, to="statistics"),
    "bound to another receiver": lambda owner, n: wrapped(owner, transfer=n, named="statistics"),
    "for another key number": lambda owner, n: wrapped(owner, transfer=n, number=2),
    "for another deployment": lambda owner, n: wrapped(owner, transfer=n, deployment=bytes(32)),
    "of another key": lambda owner, n: wrapped(owner, transfer=n, key=SecretKey.generate()),
    "cut short": lambda owner, n: wrapped(owner, transfer=n)[:-1],
    "longer": lambda owner, n: wrapped(owner, transfer=n) + b"\0",
    "noise": lambda owner, n: secrets.token_bytes(1168),
    "a record": lambda owner, n: b'{"type":"sharing-ledger/v1/terms"}',
}


@pytest.mark.parametrize("what", list(WRAPS))
def test_a_wrap_that_is_not_this_transfers_is_refused_disputed_and_cured(
    country: Country, what: str
) -> None:
    country.approved()
    labour, health = (country.world.department(code) for code in ("labour", "health"))
    number = health.transfers.open("labour/employment").transfer
    release(labour, number, WRAPS[what](labour, number))
    out = Path("got.csv")
    ran = country.ledger(f"transfer fetch {number} --out {out}", as_="health")
    assert (ran.code, ran.out) == (4, ""), ran
    assert len(ran.err.splitlines()) <= 2
    assert not list(Path.cwd().glob("*got.csv*"))
    dispute = f"transfer dispute {number} --reason key-unavailable --text 'It does not open.'"
    assert country.ledger(dispute, as_="health").code == 0
    assert country.world.agent("labour").step().released == 1
    assert country.ledger(f"transfer fetch {number} --out {out}", as_="health").code == 0
    assert out.read_bytes() == EMPLOYMENT.read_bytes()


def test_a_wrap_opens_for_nobody_but_its_receiver(country: Country) -> None:
    number = country.released()
    state = country.state()
    wrap = state.transfer(number).wrap
    assert wrap is not None
    for code in ("statistics", "agency", "audit-office", "labour"):
        session = country.world.department(code).session
        keys: Keyset = session.keys.load()
        for name in (code, "health"):
            info = transfer_wrap_info(
                session.deployment, TransferId(number), Code(name), KeyNumber(1)
            )
            with pytest.raises(Exception, match="wrapped key does not open"):
                _unwrap(keys.key(KeyNumber(1)), session.ipfs.get_block(wrap), info)


def _unwrap(key: PrivateKey, data: bytes, info: object) -> SecretKey:
    from ledger.envelope.wrap import unwrap_key

    return unwrap_key(key, data, info)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "public_key",
    [b"\xff" * PUBLIC_KEY_BYTES, bytes(PUBLIC_KEY_BYTES)],
    ids=["ML-KEM out of range", "X25519 of low order"],
)
def test_a_malformed_encryption_key_stops_nobody_elses_release(
    country: Country, public_key: bytes
) -> None:
    """A receiver that published nonsense gets nothing; the owner's agent serves the others."""
    country.approved()
    health, statistics = (country.world.department(code) for code in ("health", "statistics"))
    bad = health.transfers.open("labour/employment").transfer
    good = statistics.transfers.open("labour/employment").transfer
    act(health, "admin", "DepartmentRegistry", "publishKey", 2, public_key)
    country.world.advance(10)
    done = country.world.agent("labour").step()
    assert (done.released, done.waiting) == (1, 1)
    assert country.state().transfer(good).state is TransferState.RELEASED
    assert country.state().transfer(bad).state is TransferState.OPENED


def test_an_auditor_with_a_malformed_key_stops_no_request(country: Country) -> None:
    """What is sealed to auditing bodies is sealed to those whose keys are keys."""
    auditor = country.world.department("audit-office")
    act(auditor, "admin", "DepartmentRegistry", "publishKey", 2, b"\xff" * PUBLIC_KEY_BYTES)
    country.world.advance(10)
    ran = country.ledger(
        "request create transport/airports --purpose planning --why w --legal-basis l "
        "--valid-days 9 --contact somebody",
        as_="interior",
    )
    assert ran.code == 0, ran


def test_a_release_for_a_key_that_is_not_current_is_refused(country: Country) -> None:
    country.approved()
    labour, health = (country.world.department(code) for code in ("labour", "health"))
    number = health.transfers.open("labour/employment").transfer
    health.department.publish_key()
    country.world.advance(10)
    with pytest.raises(ContractError) as refused:
        release(labour, number, wrapped(labour, transfer=number))
    assert refused.value.name == "KeyNotCurrent"
    assert country.world.agent("labour").step().released == 1
    out = Path("got.csv")
    assert country.ledger(f"transfer fetch {number} --out {out}", as_="health").code == 0
    assert out.read_bytes() == EMPLOYMENT.read_bytes()


def test_a_receiver_who_never_acknowledges_is_refused_and_recorded(country: Country) -> None:
    country.approved()
    health, agent = country.world.department("health"), country.world.agent("labour")
    numbers = []
    for _ in range(4):
        numbers.append(health.transfers.open("labour/employment").transfer)
        assert agent.step().released == 1
    country.world.advance(3 * 86_400)
    ran = country.ledger("transfer fetch labour/employment --out late.csv", as_="health")
    assert (ran.code, ran.out) == (3, "")
    assert "doesn't hold (overdue receipts); the attempt is on the record" in ran.err
    attempt = country.state().refused[-1]
    assert (attempt.grant, attempt.cause.name) == (3, "OVERDUE_RECEIPTS")
    told = country.ledger("audit timeline labour/employment", as_="audit-office").out
    assert "overdue" in told
    fetch = f"transfer fetch {numbers[0]} --out first.csv"
    assert country.ledger(fetch, as_="health").code == 0
    assert country.ledger("transfer open labour/employment", as_="health").code == 0


def test_a_receiver_cannot_acknowledge_what_it_was_not_given(country: Country) -> None:
    number = country.released()
    manifest = country.state().dataset("labour/employment").version(1).manifest
    other = country.state().dataset("transport/airports").version(1).manifest
    for code, named, tag, error in (
        ("statistics", manifest, b"\1" * 32, "NotTheReceiver"),
        ("labour", manifest, b"\1" * 32, "NotTheReceiver"),
        ("health", other, b"\1" * 32, "ManifestMismatch"),
        ("health", manifest, bytes(32), "ReceiptTagMissing"),
    ):
        ledger = country.world.department(code)
        with pytest.raises(ContractError) as refused:
            act(ledger, "agent", "TransferLog", "acknowledge", number, named, tag)
        assert refused.value.name == error
