"""The chain adapter on Ganache and anvil: checks of the node, reading, refusals, logs, proofs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import TimeControl, Web3Chain, deploy, logs
from ledger.chain.contracts import contract_abi
from ledger.chain.node import Node, check_deployment, runtime_code_hash
from ledger.chain.proofs import header_fields, state_proof
from ledger.deployment import CONTRACTS
from ledger.errors import (
    ConfigError,
    ContractError,
    InputError,
    IntegrityError,
    LedgerError,
    NodeError,
    NodeUnreachable,
    WrongChain,
)
from ledger.events import AccountAdded, DeadlinesSet, DepartmentAdmitted, SharingClass
from ledger.identifiers import Code, encode_code
from ledger.provenance import fold
from ledger.store import SqlStore
from ledger.verify import (
    check_header,
    compare_heads,
    head_slot,
    heads_to_prove,
    proven_heads,
    replay_heads,
)
from tests.chain_fixtures import (
    CARD,
    ENGINES,
    FaultyProxy,
    TestLedger,
    admission,
    founding,
    fresh_signer,
    running_ledger,
)

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=ENGINES)
def ledger(request: Any, tmp_path_factory: Any) -> Iterator[TestLedger]:
    with running_ledger(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def chain(ledger: TestLedger, store: SqlStore) -> Web3Chain:
    return ledger.chain(store)


@pytest.fixture
def proxy(ledger: TestLedger) -> Iterator[FaultyProxy]:
    with FaultyProxy(ledger.url) as running:
        yield running


def altered(method: str, change: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Replace the result of one method, alone or in batches."""

    def after(request: Any, answer: Any) -> Any:
        if isinstance(request, list):
            return [after(one, each) for one, each in zip(request, answer, strict=True)]
        if request["method"] == method and "result" in answer:
            return {**answer, "result": change(answer["result"])}
        return answer

    return after


# ------------------------------------------------------------------ deployment


def test_a_deployment_runs_once_for_its_key(ledger: TestLedger, store: SqlStore) -> None:
    signer = fresh_signer()
    first = deploy([ledger.url], ledger.engine, signer, store.outbox, founding(signer.address))
    signed = len(signer.signed)
    assert first == deploy(
        [ledger.url], ledger.engine, signer, store.outbox, founding(signer.address)
    )
    assert len(signer.signed) == signed
    assert first.digest != ledger.deployment.digest
    assert set(first.contracts) == set(CONTRACTS)


def test_a_deployment_goes_on_at_no_other_chain(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    def fail_after_naming_itself(request: Any) -> None:
        if request["method"] not in ("eth_chainId", "eth_getBlockByNumber"):
            raise ConnectionAbortedError

    proxy.before = fail_after_naming_itself
    signer = fresh_signer()
    with FaultyProxy(ledger.url) as other:
        other.after = altered("eth_chainId", lambda _: "0x1")
        urls = [proxy.url, other.url]
        with pytest.raises(WrongChain, match="is of another chain than the first one"):
            deploy(urls, ledger.engine, signer, store.outbox, founding(signer.address))
        assert "eth_sendRawTransaction" not in other.methods


def test_a_creation_without_a_contract_is_noticed(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    proxy.after = altered("eth_getTransactionReceipt", lambda r: {**r, "contractAddress": None})
    signer = fresh_signer()
    with pytest.raises(IntegrityError, match="DepartmentRegistry's creation names no contract"):
        deploy([proxy.url], ledger.engine, signer, store.outbox, founding(signer.address))


def test_a_deployment_that_was_broken_off_goes_on(ledger: TestLedger, store: SqlStore) -> None:
    class Crashed(BaseException):
        pass

    stored = 0

    def on_step(step: str) -> None:
        nonlocal stored
        stored += step == "stored"
        if stored == 3:
            raise Crashed

    signer = fresh_signer()
    arguments = ([ledger.url], ledger.engine, signer, store.outbox, founding(signer.address))
    with pytest.raises(Crashed):
        deploy(*arguments, on_step=on_step)
    deployment = deploy(*arguments)
    created = [transaction for transaction in signer.signed if "to" not in transaction]
    assert len(created) == len(CONTRACTS)
    chain = Web3Chain(deployment, [ledger.url], store.outbox(deployment.genesis_hash))
    assert [type(event) for event in chain.events()] == [
        DepartmentAdmitted,
        AccountAdded,
        DeadlinesSet,
    ]
    grants = deployment.contracts["AccessGrants"].address
    assert chain.read("TransferLog", "grants") == grants


def test_code_that_was_not_deployed_is_refused(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    proxy.after = altered("eth_getCode", lambda code: code[:-2] + "00")
    signer = fresh_signer()
    with pytest.raises(IntegrityError, match="is not what was deployed"):
        deploy([proxy.url], ledger.engine, signer, store.outbox, founding(signer.address))


# ------------------------------------------------------------------ which node


def test_a_node_that_is_down_is_named_without_its_secrets(
    ledger: TestLedger, store: SqlStore
) -> None:
    chain = ledger.chain(store, url="http://user:canary@127.0.0.1:1/canary?key=canary")
    with pytest.raises(NodeUnreachable, match=r"http://127\.0\.0\.1:1") as caught:
        chain.head()
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_the_next_node_is_asked_when_one_fails(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    outbox = store.outbox(ledger.deployment.genesis_hash)
    chain = Web3Chain(ledger.deployment, [proxy.url, ledger.url], outbox)
    first = chain.head()

    def cut(_: Any) -> bytes:
        raise ConnectionAbortedError

    proxy.before = cut
    assert chain.head().number >= first.number
    officer = ledger.new_officer(store)
    asked = len(proxy.methods)
    chain.transact(
        officer, "DepartmentRegistry", "admit", *admission(f"next-{ledger.engine}"), key="next"
    )
    assert len(proxy.methods) == asked, "the node that failed is not asked first again"


def test_no_node_and_no_address_are_told_apart(ledger: TestLedger, store: SqlStore) -> None:
    outbox = store.outbox(ledger.deployment.genesis_hash)
    with pytest.raises(ConfigError, match="no chain node is configured"):
        Web3Chain(ledger.deployment, [], outbox)
    with pytest.raises(ConfigError, match="must begin with http"):
        Web3Chain(ledger.deployment, ["127.0.0.1:8545"], outbox)
    two = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    with pytest.raises(NodeUnreachable, match="no chain node answers: tried"):
        Web3Chain(ledger.deployment, two, outbox).head()


@pytest.mark.parametrize(
    ("method", "change", "named"),
    [
        ("eth_chainId", lambda _: "0x1", "another chain id"),
        ("eth_getBlockByNumber", lambda b: {**b, "hash": "0x" + "11" * 32}, "another genesis hash"),
        ("eth_getCode", lambda _: "0x", "another code of DepartmentRegistry"),
        ("eth_getCode", lambda code: code[:-2] + "ff", "another code of DepartmentRegistry"),
    ],
)
def test_a_node_of_something_else_is_refused(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy, method: str, change: Any, named: str
) -> None:
    proxy.after = altered(method, change)
    with pytest.raises(WrongChain, match=named):
        ledger.chain(store, url=proxy.url).head()
    assert "eth_sendRawTransaction" not in proxy.methods


def test_another_chain_behind_the_same_address_is_noticed_after_a_failure(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    chain = ledger.chain(store, url=proxy.url)
    chain.head()
    failed = False

    def cut_once(_: Any) -> None:
        nonlocal failed
        if not failed:
            failed = True
            raise ConnectionAbortedError

    proxy.before = cut_once
    proxy.after = altered("eth_chainId", lambda _: "0x1")
    with pytest.raises(WrongChain):
        chain.head()


_DEEP = b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>welcome</html>",
        b"[]",
        b"null",
        b"17",
        b"\xff\xfe",
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":1,"error":"no"}',
        b'{"jsonrpc":"2.0","id":1,"result":null}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x"}',
        b'{"jsonrpc":"2.0","id":1,"result":"0xzz"}',
        b'{"jsonrpc":"2.0","id":1,"result":-1}',
        b'{"jsonrpc":"2.0","id":1,"result":{"number":"0x1"}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"number":1,"hash":[],"timestamp":{}}}',
        b'{"jsonrpc":"2.0","id":1,"result":"' + b"0x" + b"ab" * 300_000 + b'"}',
        _DEEP,
    ],
)
def test_nonsense_from_a_node_is_an_error_of_the_node(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy, answer: bytes
) -> None:
    checked = ledger.chain(store, url=proxy.url)
    checked.head()
    officer = ledger.new_officer(store)
    proxy.before = lambda _: answer
    reading: tuple[Callable[[], Any], ...] = (
        checked.head,
        lambda: checked.read("DepartmentRegistry", "agency"),
        lambda: list(checked.events(0, 3)),
        lambda: checked.transact(
            officer, "DepartmentRegistry", "setDeadlines", (9, 9, 9, 9, 9), key="k"
        ),
        lambda: ledger.chain(store, url=proxy.url).head(),
    )
    for read in reading:
        with pytest.raises(NodeError) as caught:
            read()
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[1, 2]",
        b"[]",
        b'[{"jsonrpc":"2.0","result":{}},{"jsonrpc":"2.0","id":7}]',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches here"}}',
        b'{"jsonrpc":"2.0","id":1,"result":{}}',
        _DEEP,
    ],
)
@pytest.mark.filterwarnings("ignore:Received batch response with missing")
def test_nonsense_in_answer_to_a_batch_is_an_error_of_the_node(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy, answer: bytes
) -> None:
    proxy.before = lambda request: answer if isinstance(request, list) else None
    with pytest.raises(NodeError):
        list(ledger.chain(store, url=proxy.url).events())


# ------------------------------------------------------------------ reading and refusals


def test_views_return_values_and_named_tuples(ledger: TestLedger, chain: Web3Chain) -> None:
    assert chain.read("DepartmentRegistry", "agency") == 1
    assert chain.read("DepartmentRegistry", "periods").acknowledge == 100
    account = chain.read("DepartmentRegistry", "accountOf", ledger.officer.address)
    assert (account.department, account.capabilities) == (1, 7)
    registry = ledger.deployment.contracts["DepartmentRegistry"].address
    assert chain.read("AccessGrants", "departments") == registry


def test_a_view_that_reverts_says_why(chain: Web3Chain) -> None:
    with pytest.raises(ContractError, match="there is no dataset 99") as caught:
        chain.read("DatasetRegistry", "datasetOf", 99)
    assert (caught.value.name, caught.value.arguments) == ("DatasetUnknown", {"dataset": 99})
    assert caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [(), (1, 2, 3), ("health", "0x00", CARD), (b"x" * 33, "0x" + "11" * 20, CARD), (None,) * 3],
)
def test_arguments_that_do_not_fit_are_wrong_input(
    ledger: TestLedger, chain: Web3Chain, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(InputError, match="expected bytes32 code, address admin"):
        chain.transact(ledger.officer, "DepartmentRegistry", "admit", *arguments, key="wrong")


def test_a_simulated_call_is_refused_or_priced_and_changes_nothing(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer, chain = ledger.new_officer(store), ledger.chain(store)
    events = list(chain.events())
    call = ("DepartmentRegistry", "setDeadlines", (8, 8, 8, 8, 8))
    assert chain.simulate(officer.address, *call) > 21_000
    with pytest.raises(ContractError, match="only an OFFICER of the agency may"):
        chain.simulate(fresh_signer().address, *call)
    assert list(chain.events()) == events
    assert officer.signed == []
    assert chain.deployment == ledger.deployment


def test_a_node_that_cannot_estimate_is_an_error_of_the_node(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    def fail(request: Any) -> bytes | None:
        if isinstance(request, list) or request["method"] not in ("eth_call", "eth_estimateGas"):
            return None
        error = {"code": -32603, "message": "out of order"}
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

    proxy.before = fail
    chain = ledger.chain(store, url=proxy.url)
    with pytest.raises(NodeError, match="out of order"):
        chain.simulate(ledger.officer.address, "DepartmentRegistry", "setDeadlines", (8,) * 5)
    with pytest.raises(NodeError, match="out of order"):
        chain.read("DepartmentRegistry", "agency")


def test_an_unknown_function_is_refused(chain: Web3Chain) -> None:
    with pytest.raises(LedgerError, match="has no function destroy"):
        chain.read("DepartmentRegistry", "destroy")


def test_an_idle_chain_does_not_refuse_what_has_become_due(
    ledger: TestLedger, store: SqlStore
) -> None:
    officer, chain = ledger.new_officer(store), ledger.chain(store)
    code, admin, card = admission(f"due-{ledger.engine}")
    newcomer = fresh_signer()
    chain.transact(
        officer, "DepartmentRegistry", "admit", code, newcomer.address, card, key="admit"
    )
    early = ("DepartmentRegistry", "addAccount", admin, 2)
    with pytest.raises(ContractError, match=r"is a member from 20\d\d-.* UTC on") as caught:
        chain.transact(newcomer, *early, key="early")
    assert caught.value.name == "DepartmentNotYetAdmitted"
    # The clock goes on, but no block has been mined since.
    ledger.rpc("evm_increaseTime", 10)
    chain.transact(newcomer, *early, key="early")


def test_a_clock_can_be_advanced(ledger: TestLedger, chain: Web3Chain) -> None:
    before = chain.head()
    after = TimeControl(ledger.url).advance(1000)
    assert after.timestamp >= before.timestamp + 1000
    assert chain.head() == after
    assert TimeControl(ledger.url).mine().number == after.number + 1


# ------------------------------------------------------------------ events


def test_events_come_in_order_whatever_the_window(
    ledger: TestLedger, chain: Web3Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(chain.events())
    assert [type(event) for event in whole[:3]] == [DepartmentAdmitted, AccountAdded, DeadlinesSet]
    assert len(whole) >= 4
    for blocks in (1, 2, 3):
        monkeypatch.setattr(logs, "_WINDOW_BLOCKS", blocks)
        assert list(chain.events()) == whole
    second = whole[3].at.block_number
    assert list(chain.events(first=second)) == [e for e in whole if e.at.block_number >= second]
    assert list(chain.events(last=10**9)) == whole
    assert list(chain.events(first=10**9)) == []


def test_a_node_that_bounds_its_answers_is_asked_for_less(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    def bounded(request: Any) -> bytes | None:
        if isinstance(request, list) or request["method"] != "eth_getLogs":
            return None
        asked = request["params"][0]
        if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) < 2:
            return None
        error = {"code": -32005, "message": "query returned more than 10 results"}
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

    proxy.before = bounded
    whole = list(ledger.chain(store).events())
    assert list(ledger.chain(store, url=proxy.url).events()) == whole


def test_a_node_that_gives_no_logs_at_all_is_an_error_of_the_node(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    def refusing(request: Any) -> bytes | None:
        if isinstance(request, list) or request["method"] != "eth_getLogs":
            return None
        error = {"code": -32601, "message": "logs are switched off"}
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()

    proxy.before = refusing
    with pytest.raises(NodeError, match="logs are switched off"):
        list(ledger.chain(store, url=proxy.url).events())


def first_log(**changes: Any) -> Callable[[Any], Any]:
    return lambda found: [{**found[0], **changes}, *found[1:]]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (first_log(blockHash="0x" + "11" * 32), IntegrityError),
        (first_log(address="0x" + "11" * 20), IntegrityError),
        (first_log(topics=[]), IntegrityError),
        (first_log(topics=["0x" + "11" * 32]), IntegrityError),
        (first_log(data="0x"), IntegrityError),
        (first_log(removed=True), IntegrityError),
        (first_log(blockNumber="0x0"), IntegrityError),
        (first_log(blockNumber="0xffffff"), NodeError),
        (first_log(logIndex=None), NodeError),
        (first_log(transactionHash="0x12"), NodeError),
        (lambda found: found[::-1], IntegrityError),
        (lambda found: [found[0], *found], IntegrityError),
        (lambda found: {"logs": found}, NodeError),
        (lambda _: ["log"], NodeError),
    ],
)
def test_an_altered_log_is_noticed(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy, change: Any, error: type[Exception]
) -> None:
    proxy.after = altered("eth_getLogs", change)
    with pytest.raises(error):
        list(ledger.chain(store, url=proxy.url).events(first=0))


def test_another_block_than_the_one_asked_for_is_noticed(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy
) -> None:
    chain = ledger.chain(store, url=proxy.url)
    chain.head()
    proxy.after = altered("eth_getBlockByNumber", lambda b: {**b, "number": "0x63"})
    with pytest.raises(NodeError):
        list(chain.events(0, 10))
    officer = ledger.new_officer(store)
    with pytest.raises(NodeError, match="block 99 instead of"):
        chain.transact(
            officer, "DepartmentRegistry", "setDeadlines", (8, 8, 8, 8, 8), key="another block"
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda r: {**r, "transactionHash": "0x" + "11" * 32},
        lambda r: {**r, "status": "0x2"},
        lambda r: {**r, "logs": None},
        lambda r: {**r, "blockHash": "0x" + "11" * 32},
        lambda r: {**r, "logs": [{**r["logs"][0], "blockHash": "0x" + "11" * 32}]},
    ],
)
def test_an_altered_receipt_is_noticed(
    ledger: TestLedger, store: SqlStore, proxy: FaultyProxy, change: Any
) -> None:
    proxy.after = altered("eth_getTransactionReceipt", change)
    officer = ledger.new_officer(store)
    with pytest.raises((NodeError, IntegrityError)):
        ledger.chain(store, url=proxy.url).transact(
            officer, "DepartmentRegistry", "setDeadlines", (7, 7, 7, 7, 7), key="key"
        )


# ------------------------------------------------------------------ proofs


def test_replayed_heads_are_the_ones_that_the_state_proves(
    ledger: TestLedger, store: SqlStore
) -> None:
    chain = ledger.chain(store)
    officer = ledger.new_officer(store)
    chain.transact(
        officer,
        "DatasetRegistry",
        "register",
        encode_code(Code("roads")),
        0,
        (SharingClass.OPEN, 1, False, False),
        CARD,
        key="register",
    )
    head = chain.head()
    events = list(chain.events(last=head.number))
    state = fold(events)
    header = check_header(header_fields(chain.node, head.number), head.hash)
    keys = heads_to_prove(state)
    proven = {}
    for name in CONTRACTS:
        slots = [head_slot(key) for key in keys if key.contract == name]
        address = ledger.deployment.contracts[name].address
        proof = state_proof(chain.node, address, slots, head.number)
        proven |= proven_heads(ledger.deployment, header.state_root, keys, proof)
    assert set(proven) == set(keys)
    assert compare_heads(replay_heads(events), proven, state) == []
    assert compare_heads(replay_heads(events[:-1]), proven, state) != []


def test_the_code_hash_is_of_the_artifact(ledger: TestLedger) -> None:
    node = Node([ledger.url], check_deployment(ledger.deployment))
    for name, contract in ledger.deployment.contracts.items():
        assert runtime_code_hash(node.request, contract.address) == contract.code_hash
        code = bytes.fromhex(node.request("eth_getCode", contract.address, "latest")[2:])
        assert contract_abi(name).has_runtime(code)
        assert not contract_abi(name).has_runtime(code[:-1] + bytes([code[-1] ^ 1]))
