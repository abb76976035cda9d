"""The outbox on real chains: whatever fails, one key has one effect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from eth_utils.address import to_checksum_address

from ledger.chain import Step
from ledger.errors import ContractError, LedgerError, NodeError, NodeUnreachable, WaitTimeout
from ledger.events import DeadlinesSet, DepartmentAdmitted
from ledger.ports import Receipt
from ledger.store import SqlStore
from tests.chain_fixtures import (
    ENGINES,
    FaultyProxy,
    TestLedger,
    admission,
    fresh_signer,
    running_ledger,
)
from tests.twins import FixedSigner

pytestmark = pytest.mark.integration

STEPS: tuple[Step, ...] = get_args(Step)
PERIODS = (60, 60, 60, 60, 60)


@pytest.fixture(scope="module", params=ENGINES)
def ledger(request: Any, tmp_path_factory: Any) -> Iterator[TestLedger]:
    with running_ledger(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


class Crashed(BaseException):
    """Ends a command as a crash would: nothing catches it."""


def crash_at(step: Step) -> Any:
    def on_step(reached: Step) -> None:
        if reached == step:
            raise Crashed

    return on_step


def set_deadlines(
    ledger: TestLedger, store: SqlStore, signer: FixedSigner, key: str, **options: Any
) -> Receipt:
    chain = ledger.chain(store, **options)
    return chain.transact(signer, "DepartmentRegistry", "setDeadlines", PERIODS, key=key)


def effects(ledger: TestLedger, store: SqlStore) -> int:
    """How often the deadlines were set."""
    return sum(isinstance(event, DeadlinesSet) for event in ledger.chain(store).events())


def test_the_same_key_again_returns_the_same_receipt(ledger: TestLedger, store: SqlStore) -> None:
    before = effects(ledger, store)
    first = set_deadlines(ledger, store, ledger.new_officer(store), "key")
    (account,) = {signer_of(ledger, first)}
    assert set_deadlines(ledger, store, _Reader(account), "key") == first
    assert effects(ledger, store) == before + 1
    assert [type(event) for event in first.events] == [DeadlinesSet]


class _Reader(FixedSigner):
    """An account that must not sign."""

    def __init__(self, address: str) -> None:
        super().__init__(1)
        self._address = address

    @property
    def address(self) -> str:
        return self._address

    def sign(self, transaction: dict[str, Any]) -> bytes:
        raise AssertionError("signed a second time")


def signer_of(ledger: TestLedger, receipt: Receipt) -> str:
    found = ledger.rpc("eth_getTransactionByHash", f"0x{receipt.transaction.hex()}")
    return to_checksum_address(found["from"])


@pytest.mark.parametrize("first_of_account", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_then_the_same_again_has_one_effect(
    ledger: TestLedger, store: SqlStore, step: Step, first_of_account: bool
) -> None:
    officer = ledger.new_officer(store)
    if not first_of_account:
        set_deadlines(ledger, store, officer, "earlier")
    before = effects(ledger, store)
    with pytest.raises(Crashed):
        set_deadlines(ledger, store, officer, "key", on_step=crash_at(step))
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1
    set_deadlines(ledger, store, officer, "later")
    assert effects(ledger, store) == before + 2


@pytest.mark.parametrize("step", ["signed", "stored", "sent"])
def test_a_killed_process_leaves_what_the_next_one_finishes(
    ledger: TestLedger, tmp_path: Path, step: str
) -> None:
    store = SqlStore.open(tmp_path / "store.sqlite")
    officer = ledger.new_officer(store)
    before = effects(ledger, store)
    killed = run_process(ledger, tmp_path, officer, step)
    assert killed.wait(60) == -signal.SIGKILL
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1
    store.close()


def test_two_processes_with_one_key_send_one_transaction(
    ledger: TestLedger, tmp_path: Path
) -> None:
    store = SqlStore.open(tmp_path / "store.sqlite")
    officer = ledger.new_officer(store)
    before = effects(ledger, store)
    processes = [run_process(ledger, tmp_path, officer, "none") for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert effects(ledger, store) == before + 1
    store.close()


_PROCESS = """
import os, signal, sys
from pathlib import Path
from ledger.chain import Web3Chain
from ledger.deployment import Deployment
from ledger.store import SqlStore
from tests.twins import FixedSigner

folder, url, number, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3], 16), sys.argv[4]
def on_step(reached):
    if reached == step:
        os.kill(os.getpid(), signal.SIGKILL)
deployment = Deployment.from_bytes((folder / "deployment.json").read_bytes())
store = SqlStore.open(folder / "store.sqlite")
chain = Web3Chain(deployment, [url], store.outbox(deployment.genesis_hash), on_step=on_step)
chain.transact(
    FixedSigner(number), "DepartmentRegistry", "setDeadlines", (60, 60, 60, 60, 60), key="key"
)
"""


def run_process(
    ledger: TestLedger, folder: Path, officer: FixedSigner, step: str
) -> subprocess.Popen[bytes]:
    (folder / "deployment.json").write_bytes(ledger.deployment.to_bytes())
    number = officer._account.key.hex()
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(folder), ledger.url, number, step],
        env={**os.environ, "PYTHONPATH": root},
        cwd=root,
    )


@pytest.mark.parametrize("losses", [1, 3])
def test_a_lost_reply_to_the_sending_is_no_second_transaction(
    ledger: TestLedger, store: SqlStore, losses: int
) -> None:
    officer = ledger.new_officer(store)
    if losses > 1:
        set_deadlines(ledger, store, officer, "earlier")
    before = effects(ledger, store)
    with FaultyProxy(ledger.url) as proxy:
        lost = 0

        def lose(request: Any, answer: Any) -> Any:
            nonlocal lost
            if request["method"] == "eth_sendRawTransaction" and lost < losses:
                lost += 1
                raise ConnectionAbortedError
            return answer

        proxy.after = lose
        for key in ("first", "second"):
            set_deadlines(ledger, store, officer, key, url=proxy.url)
    assert lost == losses
    assert effects(ledger, store) == before + 2


def test_a_sending_that_the_node_denies_and_admits_later_is_no_second_transaction(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")
    before, denied = effects(ledger, store), 0

    def deny_once(request: Any, answer: Any) -> Any:
        nonlocal denied
        if request["method"] == "eth_sendRawTransaction":
            return {**_ids(request), "error": {"code": -32000, "message": "already known"}}
        if request["method"] == "eth_getTransactionByHash" and denied == 0:
            denied = 1
            return {**_ids(request), "result": None}
        return answer

    with FaultyProxy(ledger.url) as proxy:
        proxy.after = deny_once
        set_deadlines(ledger, store, officer, "key", url=proxy.url)
    assert (effects(ledger, store), denied) == (before + 1, 1)


def _ids(request: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"]}


def test_the_first_transaction_of_an_account_waits_until_the_account_is_prepared(
    ledger: TestLedger, store: SqlStore
) -> None:
    """Ganache alone needs that: to anvil, nonce 0 is one like any other."""
    officer = ledger.new_officer(store)
    before, behind = effects(ledger, store), -1

    def lag(request: Any, answer: Any) -> Any:
        nonlocal behind
        if request["method"] == "eth_getTransactionCount" and behind != 0:
            behind -= 1
            return {**_ids(request), "result": "0x0"}
        return answer

    with FaultyProxy(ledger.url) as proxy:
        proxy.after = lag
        if ledger.engine == "ganache":
            with pytest.raises(WaitTimeout, match="could not be prepared in time"):
                set_deadlines(ledger, store, officer, "key", url=proxy.url, wait_s=0.1)
            assert effects(ledger, store) == before
        behind = 3
        set_deadlines(ledger, store, officer, "key", url=proxy.url)
    assert effects(ledger, store) == before + 1
    nonces = [transaction["nonce"] for transaction in officer.signed if transaction["data"]]
    assert (0 in nonces) == (ledger.engine == "anvil")


def test_a_node_that_goes_down_at_the_sending_is_asked_again_later(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")
    before = effects(ledger, store)
    with FaultyProxy(ledger.url) as proxy:
        down = False

        def go_down(request: Any) -> None:
            nonlocal down
            down = down or request["method"] == "eth_sendRawTransaction"
            if down:
                raise ConnectionAbortedError

        proxy.before = go_down
        with pytest.raises(NodeUnreachable):
            set_deadlines(ledger, store, officer, "key", url=proxy.url)
    assert effects(ledger, store) == before
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1


def test_forty_sends_from_four_threads_are_all_mined(ledger: TestLedger, store: SqlStore) -> None:
    officer = ledger.new_officer(store)
    before = effects(ledger, store)
    chain = ledger.chain(store)

    def send(number: int) -> bytes:
        receipt = chain.transact(
            officer, "DepartmentRegistry", "setDeadlines", PERIODS, key=f"key {number}"
        )
        return receipt.transaction

    with ThreadPoolExecutor(4) as pool:
        hashes = list(pool.map(send, range(40)))
    assert len(set(hashes)) == 40
    assert effects(ledger, store) == before + 40
    nonces = sorted(transaction["nonce"] for transaction in officer.signed)
    first = 1 if ledger.engine == "ganache" else 0
    assert nonces[-40:] == list(range(first, first + 40))


def test_four_threads_with_one_key_send_one_transaction(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    chain = ledger.chain(store)
    call = admission(f"same-{ledger.engine}")

    def send(_: int) -> Receipt:
        return chain.transact(officer, "DepartmentRegistry", "admit", *call, key="one")

    # The second admission of one code would be refused: each thread must find the first.
    with ThreadPoolExecutor(4) as pool:
        assert len({receipt.transaction for receipt in pool.map(send, range(4))}) == 1


def test_a_transaction_left_behind_is_sent_before_the_next_one(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    before = effects(ledger, store)
    for key in ("left 1", "left 2"):
        with pytest.raises(Crashed):
            set_deadlines(ledger, store, officer, key, on_step=crash_at("stored"))
    assert effects(ledger, store) == before
    set_deadlines(ledger, store, officer, "next")
    assert effects(ledger, store) == before + 3
    signed = len(officer.signed)
    set_deadlines(ledger, store, officer, "left 1")
    assert effects(ledger, store) == before + 3
    assert len(officer.signed) == signed


def test_a_nonce_that_another_program_used_is_given_up_and_the_call_signed_anew(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")
    before = effects(ledger, store)
    with pytest.raises(Crashed):
        set_deadlines(ledger, store, officer, "key", on_step=crash_at("stored"))
    taken = officer.signed[-1] | {"to": officer.address, "data": b"", "gas": 21_000}
    ledger.rpc("eth_sendRawTransaction", f"0x{fresh_copy(officer).sign(taken).hex()}")
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1


def fresh_copy(signer: FixedSigner) -> FixedSigner:
    """The same account in another program."""
    return FixedSigner(int(signer._account.key.hex(), 16))


def test_a_failed_signature_takes_no_nonce(ledger: TestLedger, store: SqlStore) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")

    class Refusing(FixedSigner):
        def sign(self, transaction: dict[str, Any]) -> bytes:
            raise LedgerError("the signer is switched off")

    refusing = Refusing(int(officer._account.key.hex(), 16))
    with pytest.raises(LedgerError, match="switched off"):
        set_deadlines(ledger, store, refusing, "key")
    set_deadlines(ledger, store, officer, "key")
    nonces = [transaction["nonce"] for transaction in officer.signed]
    assert nonces == list(range(len(nonces)))


def overtaken(
    ledger: TestLedger, signer: FixedSigner, rival: FixedSigner, code: str, folder: Path
) -> FixedSigner:
    """The same account: while it signs, the rival admits the code."""

    class Overtaken(FixedSigner):
        def sign(self, transaction: dict[str, Any]) -> bytes:
            if transaction["data"]:
                store = SqlStore.open(folder / "rival.sqlite")
                ledger.chain(store).transact(
                    rival, "DepartmentRegistry", "admit", *admission(code), key="rival"
                )
                store.close()
            return super().sign(transaction)

    return Overtaken(int(signer._account.key.hex(), 16))


def test_a_revert_when_mined_is_named_and_not_sent_again(
    ledger: TestLedger, store: SqlStore, tmp_path: Path
) -> None:
    officer, rival = ledger.new_officer(store), ledger.new_officer(store)
    code = f"race-{ledger.engine}"
    slow = overtaken(ledger, officer, rival, code, tmp_path)
    chain, call = ledger.chain(store), admission(code)
    for _ in range(2):
        with pytest.raises(ContractError, match=f"there is a department {code} already") as caught:
            chain.transact(slow, "DepartmentRegistry", "admit", *call, key="key")
        assert caught.value.name == "CodeTaken"
    assert len([t for t in slow.signed if t["data"]]) == 1
    set_deadlines(ledger, store, officer, "afterwards")


def test_a_revert_that_no_node_can_explain_is_a_refusal_all_the_same(
    ledger: TestLedger, store: SqlStore, tmp_path: Path
) -> None:
    officer, rival = ledger.new_officer(store), ledger.new_officer(store)
    code = f"untold-{ledger.engine}"
    set_deadlines(ledger, store, officer, "earlier")
    slow = overtaken(ledger, officer, rival, code, tmp_path)
    with FaultyProxy(ledger.url) as proxy:
        failing = [b'"error":{"code":-32000,"message":"no such state"}', b'"result":"0x"']

        def forgetful(request: Any) -> bytes | None:
            if request["method"] != "eth_call" or "eth_sendRawTransaction" not in proxy.methods:
                return None
            return b'{"jsonrpc":"2.0","id":%d,%b}' % (request["id"], failing.pop(0))

        proxy.before = forgetful
        chain, call = ledger.chain(store, url=proxy.url), admission(code)
        with pytest.raises(ContractError) as caught:
            chain.transact(slow, "DepartmentRegistry", "admit", *call, key="key")
    assert (caught.value.name, failing) == ("", [])


def test_a_refused_call_signs_nothing_and_takes_no_nonce(
    ledger: TestLedger, store: SqlStore
) -> None:
    stranger = fresh_signer()
    with pytest.raises(ContractError) as caught:
        set_deadlines(ledger, store, stranger, "key")
    assert caught.value.name == "AgencyOnly"
    assert caught.value.arguments == {"account": stranger.address}
    assert stranger.signed == []


def test_a_key_cannot_stand_for_two_calls(ledger: TestLedger, store: SqlStore) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "key")
    chain = ledger.chain(store)
    with pytest.raises(LedgerError, match=r"stands for another call of DepartmentRegistry\.set"):
        chain.transact(
            officer, "DepartmentRegistry", "setDeadlines", (61, 60, 60, 60, 60), key="key"
        )


def test_steps_are_told_in_order(ledger: TestLedger, store: SqlStore) -> None:
    officer = ledger.new_officer(store)
    steps: list[Step] = []
    set_deadlines(ledger, store, officer, "key", on_step=steps.append)
    assert tuple(steps) == STEPS


def test_waiting_ends_and_nothing_is_lost(tmp_path: Path) -> None:
    with running_ledger("anvil", tmp_path) as ledger:
        store = SqlStore.open(tmp_path / "store.sqlite")
        before = effects(ledger, store)
        ledger.rpc("evm_setAutomine", False)
        for _ in range(2):
            with pytest.raises(WaitTimeout, match="not mined within"):
                set_deadlines(ledger, store, ledger.officer, "key", wait_s=0.3)
        ledger.rpc("evm_setAutomine", True)
        ledger.rpc("evm_mine")
        set_deadlines(ledger, store, ledger.officer, "key")
        assert effects(ledger, store) == before + 1
        store.close()


def test_a_transaction_that_the_node_forgot_is_sent_again(tmp_path: Path) -> None:
    with running_ledger("anvil", tmp_path) as ledger:
        store = SqlStore.open(tmp_path / "store.sqlite")
        before = effects(ledger, store)
        ledger.rpc("evm_setAutomine", False)
        sent = threading.Event()

        def on_step(step: Step) -> None:
            if step == "sent":
                sent.set()

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                set_deadlines, ledger, store, ledger.officer, "key", on_step=on_step
            )
            assert sent.wait(30)
            ledger.rpc("anvil_dropAllTransactions")
            ledger.rpc("evm_setAutomine", True)
            waiting.result(timeout=60)
        assert effects(ledger, store) == before + 1
        store.close()


def test_two_accounts_do_not_wait_for_each_other(ledger: TestLedger, store: SqlStore) -> None:
    one, two = ledger.new_officer(store), ledger.new_officer(store)
    with pytest.raises(Crashed):
        set_deadlines(ledger, store, one, "left", on_step=crash_at("stored"))
    receipt = ledger.chain(store).transact(
        two, "DepartmentRegistry", "admit", *admission(f"two-{ledger.engine}"), key="two"
    )
    assert DepartmentAdmitted in [type(event) for event in receipt.events]


def test_a_transaction_that_the_node_rejects_keeps_its_nonce_until_a_node_takes_it(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")
    before = effects(ledger, store)
    with FaultyProxy(ledger.url) as proxy:

        def reject(request: Any) -> bytes | None:
            if request["method"] != "eth_sendRawTransaction":
                return None
            error = {"code": -32000, "message": "txpool is full"}
            return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

        proxy.before = reject
        with pytest.raises(NodeError, match="txpool is full"):
            set_deadlines(ledger, store, officer, "key", url=proxy.url)
    assert effects(ledger, store) == before
    signed = len(officer.signed)
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1
    assert len(officer.signed) == signed


def test_a_refusal_because_another_process_has_done_it_is_no_refusal(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    call = ("DepartmentRegistry", "admit", *admission(f"done-{ledger.engine}"))
    chain, waiting = ledger.chain(store), ledger.chain(store)
    # Between this process's look into the outbox and its simulation, the other one finishes.
    outbox = waiting._outbox
    simulated = outbox._simulation.gas

    def overtaken(*arguments: Any) -> int:
        chain.transact(officer, *call, key="one")
        return simulated(*arguments)

    outbox._simulation.gas = overtaken  # type: ignore[method-assign]
    receipt = waiting.transact(officer, *call, key="one")
    assert receipt == chain.transact(officer, *call, key="one")


def test_an_account_in_use_elsewhere_is_given_up_after_a_while(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer = ledger.new_officer(store)
    set_deadlines(ledger, store, officer, "earlier")
    rival = fresh_copy(officer)

    def use_the_nonce_first(step: Step) -> None:
        if step == "stored":
            taken = officer.signed[-1] | {"to": officer.address, "data": b"", "gas": 21_000}
            ledger.rpc("eth_sendRawTransaction", f"0x{rival.sign(taken).hex()}")

    before = effects(ledger, store)
    with pytest.raises(NodeError, match="used by another program"):
        set_deadlines(ledger, store, officer, "key", on_step=use_the_nonce_first)
    assert effects(ledger, store) == before
    set_deadlines(ledger, store, officer, "key")
    assert effects(ledger, store) == before + 1
