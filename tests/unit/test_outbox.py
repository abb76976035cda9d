"""The outbox on a chain in memory: what it signs, when it sends, and how it ends.

`tests/integration/test_outbox.py` shows on real chains that one key has one effect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_hash.auto import keccak

from ledger.chain import outbox as subject
from ledger.chain.contracts import known_errors
from ledger.chain.endpoint import RpcError
from ledger.chain.outbox import Mined, Outbox
from ledger.chain.refusals import refusal
from ledger.chain.simulation import Transaction
from ledger.errors import ContractError, LedgerError, NodeError, NodeUnreachable, WaitTimeout
from ledger.ports import CallId, OutboxStore, Signed
from ledger.store import SqlStore
from tests.twins import FixedSigner

TO = "0xd3CdA913deB6f67967B99D67aCDFa1712C293601"
CALL = Transaction("AccessGrants", "approve", TO, b"\x01\x02")
REVERT = next(each.selector for each in known_errors().values() if not each.inputs)
GAS = 21_000 + 21_000 // 4 + 20_000


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        # Each turn takes a moment.
        self.now += seconds + 0.001


class MemoryChain:
    """`ledger.chain.node.Node` over a chain in memory, which mines at once unless told not to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.mining = True
        self.status = "0x1"
        self.counts: dict[str, int] = {}
        self.pool: dict[bytes, str] = {}
        self.receipts: dict[bytes, dict[str, Any]] = {}
        self.sent: list[tuple[float, bytes]] = []
        self.asked: list[str] = []
        self.callers: set[str] = set()
        self.revert = f"0x{REVERT.hex()}"
        self.knows: Callable[[bytes], bool] = lambda digest: (
            digest in self.pool or digest in self.receipts
        )
        self.before_sending: Callable[[bytes], None] = lambda raw: None
        self.estimating: Callable[[], str] = lambda: hex(21_000)

    def request(self, method: str, *parameters: Any) -> Any:
        self.asked.append(method)
        if isinstance(parameters[0], dict):
            self.callers.add(parameters[0]["from"])
        if method == "eth_estimateGas":
            return self.estimating()
        if method == "eth_call":
            if parameters[1] != "latest":
                raise RpcError(method, "reverted", self.revert)
            return "0x"
        assert method == "eth_sendRawTransaction"
        raw = bytes.fromhex(parameters[0].removeprefix("0x"))
        self.sent.append((self.clock.now, raw))
        self.before_sending(raw)
        self.pool[bytes(keccak(raw))] = str(Account.recover_transaction(raw))
        if self.mining:
            self.mine()
        return None

    def mine(self) -> None:
        for digest, account in self.pool.items():
            self.counts[account] = self.counts.get(account, 0) + 1
            self.receipts[digest] = {
                "transactionHash": f"0x{digest.hex()}",
                "status": self.status,
                "blockNumber": hex(len(self.receipts) + 7),
                "blockHash": f"0x{bytes(keccak(digest)).hex()}",
                "gasUsed": "0x5208",
                "contractAddress": None,
                "logs": ["a log"],
            }
        self.pool.clear()

    def transaction_count(self, account: str) -> int:
        return self.counts.get(account, 0)

    def receipt(self, transaction: bytes) -> dict[str, Any] | None:
        self.asked.append("receipt")
        return self.receipts.get(transaction)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(subject, "time", clock)
    return clock


@pytest.fixture
def chain(clock: Clock) -> MemoryChain:
    return MemoryChain(clock)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OutboxStore]:
    opened = SqlStore.open(tmp_path / "store.sqlite")
    yield opened.outbox(bytes(32))
    opened.close()


@pytest.fixture
def signer() -> FixedSigner:
    return FixedSigner(5)


def outbox(chain: Any, store: OutboxStore, **options: Any) -> Outbox:
    return Outbox(chain, store, **{"chain_id": 1337, "engine": "besu", **options})


def nonces(chain: MemoryChain) -> list[int]:
    return [int.from_bytes(rlp.decode(raw)[0], "big") for _, raw in chain.sent]


def leave_behind(store: OutboxStore, signer: FixedSigner, nonce: int) -> bytes:
    """A transaction that was signed and kept, and never sent."""

    def make(at: int) -> Signed:
        fields = {"chainId": 1337, "nonce": at, "gas": 9, "gasPrice": 0, "value": 0, "data": b""}
        raw = signer.sign({**fields, "to": TO})
        return Signed(raw, bytes(keccak(raw)))

    call = CallId("DatasetRegistry", "register", bytes(32))
    return store.sign(
        f"left {nonce}", signer.address, call, next_nonce=lambda: nonce, make=make
    ).raw


def test_what_is_signed_is_the_call_for_this_chain_and_costs_nothing(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    outbox(chain, store).send(signer, CALL, key="key")
    assert signer.signed == [
        {"chainId": 1337, "nonce": 0, "gas": GAS, "gasPrice": 0, "value": 0, "data": CALL.data}
        | {"to": TO}
    ]


def test_the_creation_of_a_contract_has_no_receiver(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    outbox(chain, store).send(signer, replace(CALL, to=None), key="key")
    assert "to" not in signer.signed[0]


def test_what_was_mined_is_told_as_the_receipt_has_it(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    mined = outbox(chain, store).send(signer, CALL, key="key")
    (digest,) = chain.receipts
    assert mined == Mined(digest, 7, bytes(keccak(digest)), 21_000, None, ["a log"])
    chain.receipts[digest]["contractAddress"] = TO
    assert outbox(chain, store).send(signer, CALL, key="key").created == TO.lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "0x2"),
        ("transactionHash", "0x" + "77" * 32),
        ("blockHash", "0x77"),
        ("contractAddress", "0x77"),
    ],
)
def test_a_receipt_that_makes_no_sense_is_believed_by_nobody(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, name: str, value: str
) -> None:
    outbox(chain, store).send(signer, CALL, key="key")
    (digest,) = chain.receipts
    chain.receipts[digest][name] = value
    with pytest.raises(NodeError, match="makes no sense"):
        outbox(chain, store).send(signer, CALL, key="key")


def test_the_outbox_notes_what_was_sent_and_asks_before_it_sends_again(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    steps: list[str] = []
    sending = outbox(chain, store, on_step=steps.append)
    sending.send(signer, CALL, key="key")
    assert steps == ["signed", "stored", "sent", "mined", "settled"]
    kept = store.find("key")
    assert kept is not None
    assert (kept.account, kept.nonce, kept.state) == (signer.address, 0, "mined")
    assert (kept.call.contract, kept.call.function) == ("AccessGrants", "approve")
    assert kept.hash == keccak(kept.raw)
    # A new transaction has no receipt yet: it is sent without asking for one.
    assert chain.asked == ["eth_estimateGas", "eth_sendRawTransaction", "receipt"]
    chain.asked.clear(), steps.clear()
    sending.send(signer, CALL, key="key")
    assert (chain.asked, steps) == (["receipt"], ["mined"])


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, data=b"\x01\x03"),
        replace(CALL, to=None),
        replace(CALL, to="0x" + "11" * 20),
    ],
)
def test_a_key_stands_for_one_receiver_and_data(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, other: Transaction
) -> None:
    sending = outbox(chain, store)
    sending.send(signer, CALL, key="key")
    with pytest.raises(LedgerError, match=r"another call of AccessGrants\.approve"):
        sending.send(signer, other, key="key")
    assert len(chain.sent) == 1


def test_a_key_is_the_same_however_its_addresses_are_spelt(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    sending = outbox(chain, store)
    first = sending.send(signer, CALL, key="key")
    assert sending.send(signer, replace(CALL, to=TO.lower()), key="key") == first


@pytest.mark.parametrize(("to", "line"), [(TO, TO.lower()), (None, "")])
def test_the_digest_of_a_call_stays_what_homes_have_stored(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, to: str | None, line: str
) -> None:
    outbox(chain, store).send(signer, replace(CALL, to=to), key="key")
    kept = store.find("key")
    assert kept is not None
    text = f"{signer.address.lower()}\n{line}\n0x0102\n"
    assert kept.call.digest == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("revert", [REVERT, b""])
def test_a_revert_is_kept_and_told_again_without_the_chain(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, revert: bytes
) -> None:
    chain.status, chain.revert = "0x0", f"0x{revert.hex()}"
    for _ in range(2):
        with pytest.raises(ContractError) as caught:
            outbox(chain, store).send(signer, CALL, key="key")
        assert caught.value.message == refusal(revert).message
    kept = store.find("key")
    assert kept is not None
    assert (kept.state, kept.revert) == ("reverted", revert)
    assert chain.asked.count("receipt") == 1
    assert chain.callers == {signer.address}


def test_what_another_process_did_meanwhile_is_followed_though_it_would_be_refused_now(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    def refused() -> str:
        chain.estimating = lambda: hex(21_000)
        outbox(chain, store).send(signer, CALL, key="key")
        raise RpcError("eth_estimateGas", "reverted", f"0x{REVERT.hex()}")

    chain.estimating = refused
    mined = outbox(chain, store).send(signer, CALL, key="key")
    assert [mined.hash] == list(chain.receipts)


def test_the_first_of_an_account_on_ganache_is_one_that_may_happen_twice(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    sending = outbox(chain, store, engine="ganache")
    sending.send(signer, CALL, key="key")
    sending.send(signer, CALL, key="another")
    assert nonces(chain) == [0, 1, 2]
    assert signer.signed[1]["gas"] == 10_000_000
    nothing = {"chainId": 1337, "nonce": 0, "gas": 21_000, "gasPrice": 0, "value": 0, "data": b""}
    assert signer.signed[0] == nothing | {"to": signer.address}


def test_an_account_that_has_sent_one_on_ganache_needs_no_other(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    chain.counts[signer.address] = 1
    outbox(chain, store, engine="ganache").send(signer, CALL, key="key")
    assert nonces(chain) == [1]


def test_an_account_that_cannot_be_prepared_in_time_has_signed_no_call(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, clock: Clock
) -> None:
    chain.mining = False
    with pytest.raises(WaitTimeout, match="could not be prepared"):
        outbox(chain, store, engine="ganache", wait_s=2.0).send(signer, CALL, key="key")
    assert 1_002.0 < clock.now < 1_002.1
    assert set(clock.pauses) == {0.004}
    assert store.find("key") is None


def test_a_transaction_that_is_not_mined_is_sent_again_ever_more_rarely(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, clock: Clock
) -> None:
    chain.mining = False
    with pytest.raises(WaitTimeout, match=r"approve was sent but not mined within 120 s"):
        outbox(chain, store).send(signer, CALL, key="key")
    times = [at - 1_000 for at, _ in chain.sent]
    # At once, after three seconds, and each time twice as long as before after the last.
    assert times == pytest.approx([0, 3, 9, 27, 81], rel=0.15)
    assert len({raw for _, raw in chain.sent}) == 1
    assert 1_120.0 < clock.now < 1_120.1
    pauses = clock.pauses
    assert pauses[:3] == pytest.approx([0.004, 0.006, 0.009])
    assert max(pauses) == 1.0
    chain.mine()
    assert outbox(chain, store).send(signer, CALL, key="key").block_number == 7


def test_what_was_left_behind_is_sent_first_in_order(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    left = [leave_behind(store, signer, nonce) for nonce in range(3)]
    # The chain has the first of them already.
    chain.request("eth_sendRawTransaction", f"0x{left[0].hex()}")
    chain.sent.clear()
    outbox(chain, store).send(signer, CALL, key="key")
    assert nonces(chain) == [1, 2, 3]


def test_what_the_node_has_was_sent_whatever_it_answers(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    def accept_and_refuse(raw: bytes) -> None:
        chain.pool[bytes(keccak(raw))] = signer.address
        chain.mine()
        raise RpcError("eth_sendRawTransaction", "already known", None)

    chain.before_sending = accept_and_refuse
    assert outbox(chain, store).send(signer, CALL, key="key").block_number == 7


def test_a_node_that_goes_down_at_the_sending_may_have_it(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, clock: Clock
) -> None:
    def go_down(raw: bytes) -> None:
        if len(chain.sent) == 1:
            raise NodeUnreachable("gone")

    chain.before_sending = go_down
    assert outbox(chain, store).send(signer, CALL, key="key").block_number == 7
    assert [round(at - 1_000) for at, _ in chain.sent] == [0, 3]


def test_a_node_that_refuses_a_transaction_whose_nonce_is_free_says_why(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, clock: Clock
) -> None:
    def refuse(raw: bytes) -> None:
        raise RpcError("eth_sendRawTransaction", "the pool is full", None)

    chain.before_sending = refuse
    with pytest.raises(RpcError, match="the pool is full"):
        outbox(chain, store).send(signer, CALL, key="key")
    assert clock.pauses == []
    kept = store.find("key")
    assert kept is not None
    assert kept.state == "signed"


def take_nonce(chain: MemoryChain, signer: FixedSigner) -> Callable[[bytes], None]:
    """Another program is always quicker."""

    def taken(raw: bytes) -> None:
        chain.counts[signer.address] = chain.counts.get(signer.address, 0) + 1
        raise RpcError("eth_sendRawTransaction", "nonce too low", None)

    return taken


def test_a_transaction_whose_nonce_another_program_took_is_signed_anew_three_times(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner, clock: Clock
) -> None:
    chain.before_sending = take_nonce(chain, signer)
    with pytest.raises(NodeError, match=f"{signer.address} is used by another program"):
        outbox(chain, store).send(signer, CALL, key="key")
    assert nonces(chain) == [0, 1, 2]
    assert clock.pauses == pytest.approx([0.2, 0.4, 0.6] * 3)
    assert store.find("key") is None


def test_a_node_that_is_late_to_tell_what_it_has_loses_no_nonce(
    chain: MemoryChain, store: OutboxStore, signer: FixedSigner
) -> None:
    # Asked once at the sending, up to three times until it is sure, and once for the answer.
    answers = [False, False, True, True]

    def knows(digest: bytes) -> bool:
        assert digest == keccak(chain.sent[0][1])
        known = answers.pop(0)
        if known and not chain.receipts:
            chain.pool = {bytes(keccak(chain.sent[0][1])): signer.address}
            chain.mine()
        return known

    chain.knows = knows
    chain.before_sending = take_nonce(chain, signer)
    assert outbox(chain, store).send(signer, CALL, key="key").block_number == 7
    assert len(chain.sent) == 1
