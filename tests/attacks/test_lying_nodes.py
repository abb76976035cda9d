"""A chain or IPFS node that lies to an auditor or an officer: what it alters is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger.events import EVENTS, GrantState
from tests.chain_fixtures import FaultyProxy
from tests.country import Country, Ran
from tests.ipfs_proxy import LyingIpfs, Refuse

pytestmark = pytest.mark.integration

Logs = list[dict[str, Any]]
WORD = 64


def topic(name: str) -> str:
    """The topic of an event."""
    (found,) = [topic0 for topic0, kind in EVENTS.items() if kind.event.__name__ == name]
    return f"0x{found.hex()}"


def first(logs: Logs, name: str, number: int = 0) -> int:
    """Where the log of the event is, counted from the end with a negative number."""
    return [at for at, log in enumerate(logs) if log["topics"][0] == topic(name)][number]


def word(log: dict[str, Any], at: int, value: int) -> None:
    """Set one word of a log's data."""
    data = log["data"][2:]
    log["data"] = f"0x{data[: at * WORD]}{value:0{WORD}x}{data[(at + 1) * WORD :]}"


def drop_refused_attempt(logs: Logs) -> None:
    """An attempt that was refused never happened."""
    del logs[first(logs, "TransferRefused")]


def drop_revocation(logs: Logs) -> None:
    """The grant still holds."""
    del logs[first(logs, "GrantRevoked")]


def drop_request(logs: Logs) -> None:
    """What follows it hangs in the air."""
    del logs[first(logs, "AccessRequested")]


def drop_last_department(logs: Logs) -> None:
    """With all that happened to it, a member was never admitted."""
    at = first(logs, "DepartmentAdmitted", -1)
    member = logs[at]["topics"][1]
    logs[:] = [log for log in logs if member not in log["topics"][1:2]]


def drop_everything(logs: Logs) -> None:
    """Nothing ever happened."""
    logs.clear()


def drop_the_tail(logs: Logs) -> None:
    """The latest events aren't there yet."""
    del logs[-3:]


def alter_receipt(logs: Logs) -> None:
    """A receipt has another tag."""
    word(logs[first(logs, "TransferAcknowledged")], 1, 7)


def alter_reason(logs: Logs) -> None:
    """A grant was suspended for another reason."""
    word(logs[first(logs, "GrantSuspended")], 0, 40)


def alter_manifest(logs: Logs) -> None:
    """A version had another manifest."""
    word(logs[first(logs, "VersionPublished")], 0, 12345)


def alter_manifest_and_reason(logs: Logs) -> None:
    """Two lies at once, about two datasets."""
    alter_manifest(logs)
    alter_reason(logs)


def alter_receiver(logs: Logs) -> None:
    """Somebody else was refused."""
    logs[first(logs, "TransferRefused")]["topics"][2] = f"0x{6:0{WORD}x}"


def invent_attempt(logs: Logs) -> None:
    """An attempt that never was."""
    at = first(logs, "TransferRefused")
    invented = copy.deepcopy(logs[at])
    invented["logIndex"] = hex(int(invented["logIndex"], 16) + 1)
    logs.insert(at + 1, invented)


def repeat(logs: Logs) -> None:
    """The same log twice."""
    logs.append(copy.deepcopy(logs[-1]))


def swap(logs: Logs) -> None:
    """Two logs in the wrong order."""
    logs[-1], logs[-2] = logs[-2], logs[-1]


def from_elsewhere(logs: Logs) -> None:
    """A log of another contract."""
    logs[-1]["address"] = "0x000000000000000000000000000000000000dEaD"


def unknown_event(logs: Logs) -> None:
    """A log that is none of the ledger's events."""
    logs[-1]["topics"][0] = f"0x{'ab' * 32}"


def longer(logs: Logs) -> None:
    """A log with a word too many."""
    logs[-1]["data"] += "00" * 32


# What is named: where every event is well formed, the head that doesn't match.
TAMPERED: dict[Callable[[Logs], None], str] = {
    drop_refused_attempt: "TransferLog, dataset labour/employment",
    drop_revocation: "AccessGrants, dataset labour/employment",
    drop_request: "AccessGrants, dataset transport/airports",
    drop_last_department: "DepartmentRegistry, member 8",
    drop_everything: "DepartmentRegistry, member 1",
    drop_the_tail: "its events were altered, reordered, added or left out",
    alter_receipt: "TransferLog, dataset transport/airports",
    alter_reason: "AccessGrants, dataset labour/employment",
    alter_manifest: "TransferReleased",
    alter_receiver: "TransferRefused",
    invent_attempt: "TransferLog, dataset labour/employment",
    repeat: "",
    swap: "",
    from_elsewhere: "",
    unknown_event: "",
    longer: "",
}


@contextmanager
def tampered(
    country: Country, code: str, method: str, change: Callable[[Any], None]
) -> Iterator[None]:
    """A member's chain node alters the results of one method."""

    def after(request: Any, answer: Any) -> Any:
        calls = request if isinstance(request, list) else [request]
        answers = answer if isinstance(answer, list) else [answer]
        by_id = {each["id"]: each for each in answers}
        for call in calls:
            if call["method"] == method and by_id[call["id"]].get("result") is not None:
                change(by_id[call["id"]]["result"])
        return answer

    (url,) = country.home(code).rpc
    with FaultyProxy(url) as proxy:
        proxy.after = after
        with country.nodes(code, rpc=proxy.url):
            yield


def verified(country: Country) -> Ran:
    """What the auditor's verification tells, in one line for each thing."""
    ran = country.ledger("audit verify", as_="audit-office")
    assert "Traceback" not in ran.err
    return ran


def test_an_honest_node_behind_the_same_proxy_is_believed(country: Country) -> None:
    with tampered(country, "audit-office", "eth_getLogs", lambda result: None):
        assert verified(country).code == 0


@pytest.mark.parametrize("change", list(TAMPERED), ids=lambda change: change.__name__)
def test_events_that_were_tampered_with_are_found(
    country: Country, change: Callable[[Logs], None]
) -> None:
    with tampered(country, "audit-office", "eth_getLogs", change):
        ran = verified(country)
        assert ran.code == 4, ran
        assert TAMPERED[change] in ran.out + ran.err
        listed = country.ledger("audit verify --json", as_="audit-office")
        assert listed.code == 4
    assert verified(country).code == 0


def test_every_lie_is_listed_and_not_only_the_first(country: Country) -> None:
    cid = _terms(country)
    with (
        tampered(country, "audit-office", "eth_getLogs", alter_manifest_and_reason),
        LyingIpfs(country.home("audit-office").ipfs[0]) as node,
        country.nodes("audit-office", rpc=country.home("audit-office").rpc[0], ipfs=node.address),
    ):
        node.change = lambda call, options, body: (
            body.replace(b"planning", b"research") if options.get("arg") == cid else body
        )
        ran = country.ledger("audit verify --json", as_="audit-office")
        # What happened can't be told from this node, only what is wrong with it.
        told = country.ledger("audit recipients labour/employment", as_="audit-office")
    assert ran.code == 4
    found = [finding["subject"] for finding in json.loads(ran.out)["findings"]]
    releases = [subject for subject in found if subject.startswith("TransferReleased at block")]
    assert len(releases) == 1
    # What follows the release that can't be.
    assert any(subject.startswith("TransferAcknowledged at block") for subject in found)
    assert "DatasetRegistry, dataset transport/airports" in found
    assert "AccessGrants, dataset labour/employment" in found
    assert "terms of request 3" in found
    assert (told.code, told.out) == (4, "")
    assert "is impossible: the manifest isn't the version's" in told.err
    assert "try: see everything that is wrong: ledger audit verify" in told.err


def test_a_block_whose_time_was_altered_is_found(country: Country) -> None:
    acknowledged = country.state().transfer(1).history[-1].at

    def later(block: Any) -> None:
        if int(block["number"], 16) == acknowledged.block_number:
            block["timestamp"] = hex(int(block["timestamp"], 16) + 1)

    with tampered(country, "audit-office", "eth_getBlockByNumber", later):
        ran = verified(country)
    assert ran.code == 4
    assert "Everything" not in ran.out


@pytest.mark.parametrize("field", ["stateRoot", "timestamp", "receiptsRoot", "parentHash"])
def test_a_head_whose_header_was_altered_is_found(country: Country, field: str) -> None:
    def alter(block: Any) -> None:
        last = block[field][-1]
        block[field] = block[field][:-1] + ("0" if last != "0" else "1")

    with tampered(country, "audit-office", "eth_getBlockByNumber", alter):
        ran = verified(country)
    assert ran.code in (4, 5), ran
    assert ran.err.startswith("error: ") or ran.out


def _hide_storage(proof: Any) -> None:
    proof["storageProof"] = proof["storageProof"][:-1]


def _empty_proof(proof: Any) -> None:
    proof["storageProof"][0]["proof"] = []


def _flip_node(proof: Any) -> None:
    node = proof["storageProof"][0]["proof"][-1]
    proof["storageProof"][0]["proof"][-1] = node[:-1] + ("0" if node[-1] != "0" else "1")


def _other_account(proof: Any) -> None:
    proof["accountProof"] = proof["accountProof"][:1]


def _nonsense(proof: Any) -> None:
    proof["storageProof"] = "x"


def _huge(proof: Any) -> None:
    proof["accountProof"] = ["0x" + "00" * 100_000] * 64


@pytest.mark.parametrize(
    "change",
    [_hide_storage, _empty_proof, _flip_node, _other_account, _nonsense, _huge],
    ids=lambda change: change.__name__,
)
def test_a_state_proof_that_was_altered_is_found(
    country: Country, change: Callable[[Any], None]
) -> None:
    with tampered(country, "audit-office", "eth_getProof", change):
        ran = verified(country)
    assert ran.code == 4, ran
    assert len(ran.err.splitlines()) <= 2


def _terms(country: Country) -> str:
    from ledger.identifiers import record_cid

    return record_cid(country.state().grant(3).terms)


def test_an_altered_record_is_named(country: Country) -> None:
    cid = _terms(country)
    with LyingIpfs(country.home("audit-office").ipfs[0]) as node:
        node.change = lambda call, options, body: (
            body.replace(b"planning", b"research") if options.get("arg") == cid else body
        )
        with country.nodes("audit-office", ipfs=node.address):
            ran = verified(country)
    assert ran.code == 4
    assert "terms of request 3" in ran.out
    assert len([line for line in ran.out.splitlines() if "of request" in line]) == 1
    # An officer who is lied to approves nothing.
    with LyingIpfs(country.home("labour").ipfs[0]) as node:
        node.change = lambda call, options, body: (
            body.replace(b"planning", b"research") if options.get("arg") == cid else body
        )
        with country.nodes("labour", ipfs=node.address):
            ran = country.ledger("request approve 3", as_="labour")
    assert (ran.code, ran.out) == (4, "")
    assert country.state().grant(3).state is GrantState.REQUESTED


def test_an_absent_record_is_named(country: Country) -> None:
    cid = _terms(country)

    def refuse(call: str, options: dict[str, str]) -> None:
        if options.get("arg") == cid:
            raise Refuse("block was not found locally (offline): ipld: could not find it")

    with LyingIpfs(country.home("audit-office").ipfs[0]) as node:
        node.before = refuse
        with country.nodes("audit-office", ipfs=node.address):
            ran = verified(country)
    assert ran.code == 4
    assert "terms of request 3" in ran.out
    assert "no node has it" in ran.out


def test_an_officer_cannot_be_shown_other_terms_than_the_chains(country: Country) -> None:
    """A lying node names milder terms; the approval names them too, and the contract refuses."""
    milder = country.state().grant(2).terms

    def alter(logs: Logs) -> None:
        for log in logs:
            if log["topics"][:2] == [topic("AccessRequested"), f"0x{3:0{WORD}x}"]:
                word(log, 1, int.from_bytes(milder, "big"))

    with tampered(country, "labour", "eth_getLogs", alter):
        labour = country.ledger("request approve 3", as_="labour")
        assert labour.code in (3, 4)
        assert country.ledger("agent run --once", as_="labour").code == 0
    assert country.state().grant(3).state is GrantState.REQUESTED


def test_an_agent_on_a_lying_node_releases_nothing_without_a_grant(country: Country) -> None:
    """The node invents a transfer; the contract knows none, and nothing is put into IPFS."""
    country.approved()
    health = country.world.department("health")
    number = health.transfers.open("labour/employment").transfer
    labour = country.world.department("labour")
    labour.grants.revoke(3, reason=_misuse(), text="Passed on.")

    def hide(logs: Logs) -> None:
        logs[:] = [log for log in logs if log["topics"][0] != topic("GrantRevoked")]

    with tampered(country, "labour", "eth_getLogs", hide):
        country.ledger("agent run --once", as_="labour")
    assert country.state().transfer(number).state.name in ("OPENED", "DECLINED")
    assert country.state().transfer(number).wrap is None


def _misuse() -> Any:
    from ledger.codes import ReasonCode

    return ReasonCode.MISUSE
