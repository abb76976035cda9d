"""A random walk over all calls of the contracts, by accounts that may mostly make them.

It asks the fold what exists, so that many calls succeed; what a call is made with is plausible, not
checked: the contracts decide.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from eth_hash.auto import keccak

from ledger.chain.contracts import contract_abi
from ledger.codes import PayloadKind
from ledger.events import (
    Capability,
    Event,
    GrantState,
    Position,
    TransferState,
    decode,
)
from ledger.identifiers import Code, ContractName, encode_code
from ledger.provenance import Department, LedgerState
from ledger.provenance.access import Grant
from tests.chain_fixtures import TestLedger

ThingT = TypeVar("ThingT")
Call = tuple[str, ContractName, str, tuple[Any, ...]]

GROUPS = ("hospitals", "schools")
SALT = bytes([7]) * 32
# The generator's x with s = 1: a signature that recovers to some address, whatever was signed.
SIGNATURE = (
    bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    + (1).to_bytes(32, "big")
    + bytes([27])
)


class Walk:
    """What was done so far, and what may come next."""

    def __init__(self, ledger: TestLedger, seed: int) -> None:
        self.rng = random.Random(seed)
        self.ledger = ledger
        self.state = LedgerState()
        self.accepted: dict[str, int] = {}
        self.gas: dict[str, int] = {}
        """The dearest of each call that was accepted."""
        self._serial = 0
        # One connection for thousands of calls.
        self._node = HTTPConnection(urlsplit(ledger.url).netloc, timeout=60)
        self.rpc("anvil_autoImpersonateAccount", True)
        for event in self._logs({"fromBlock": hex(ledger.deployment.first_block)}):
            self.state.apply(event)

    # -------------------------------------------------------------- the chain
    @property
    def now(self) -> int:
        """The time of the last event."""
        assert self.state.last is not None
        return self.state.last.timestamp

    def rpc(self, method: str, *parameters: object) -> Any:
        """Ask the node; None where it reports an error, as of a view that reverts."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        self._node.request("POST", "/", json.dumps(call), {"Content-Type": "application/json"})
        return json.loads(self._node.getresponse().read()).get("result")

    def close(self) -> None:
        """Let go of the node."""
        self._node.close()

    def pass_time(self, seconds: int) -> None:
        """Let the next block come later."""
        self.rpc("evm_increaseTime", hex(seconds))

    def step(self) -> tuple[Event, ...]:
        """Make one call; the events of it, folded, or none where the contracts refused it."""
        call = None
        while call is None:
            action, weight = self.rng.choice(ACTIONS)
            if self.rng.random() < weight:
                call = action(self)
        if self.rng.random() < 0.1:
            self.pass_time(self.rng.choice((1, 6, 30, 101)))
        return self.make(*call)

    def make(
        self, sender: str, contract: ContractName, function: str, arguments: tuple[Any, ...]
    ) -> tuple[Event, ...]:
        """Make this call."""
        transaction = {
            "from": sender,
            "to": self.ledger.deployment.contracts[contract].address,
            "data": f"0x{contract_abi(contract).encode_call(function, arguments).hex()}",
            "gas": hex(3_000_000),
            "gasPrice": "0x0",
        }
        sent = self.rpc("eth_sendTransaction", transaction)
        assert isinstance(sent, str), (contract, function, arguments)
        deadline = time.monotonic() + 120
        while (receipt := self.rpc("eth_getTransactionReceipt", sent)) is None:
            assert time.monotonic() < deadline, (contract, function)
        if receipt["status"] != "0x1":
            return ()
        events = tuple(self._decoded(receipt["logs"]))
        for event in events:
            self.state.apply(event)
        name = f"{contract}.{function}"
        self.accepted[name] = self.accepted.get(name, 0) + 1
        self.gas[name] = max(self.gas.get(name, 0), int(receipt["gasUsed"], 16))
        return events

    def read(self, contract: ContractName, function: str, *arguments: object) -> Any:
        """What a view says at the time of the last event; None where it reverts."""
        call = {
            "to": self.ledger.deployment.contracts[contract].address,
            "data": f"0x{contract_abi(contract).encode_call(function, arguments).hex()}",
        }
        found = self.rpc("eth_call", call, "latest", None, {"time": hex(self.now)})
        if not isinstance(found, str):
            return None
        return contract_abi(contract).decode_result(function, bytes.fromhex(found[2:]))

    def _logs(self, wanted: dict[str, str]) -> list[Event]:
        return list(self._decoded(self.rpc("eth_getLogs", wanted)))

    def _decoded(self, logs: Sequence[Any]) -> list[Event]:
        found = []
        for log in logs:
            name = self.ledger.deployment.contract_at(log["address"])
            assert name is not None
            block = self.rpc("eth_getBlockByNumber", log["blockNumber"], False)
            at = Position(
                contract=name,
                block_number=int(log["blockNumber"], 16),
                block_hash=bytes.fromhex(log["blockHash"][2:]),
                timestamp=int(block["timestamp"], 16),
                transaction=bytes.fromhex(log["transactionHash"][2:]),
                log_index=int(log["logIndex"], 16),
            )
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            found.append(decode(at, topics, bytes.fromhex(log["data"][2:])))
        return found

    # -------------------------------------------------------------- choices
    def fresh(self) -> bytes:
        """32 bytes that were not used before."""
        self._serial += 1
        return bytes(keccak(b"%d" % self._serial))

    def address(self) -> str:
        """An account that nobody has."""
        return f"0x{self.fresh()[:20].hex()}"

    def one(self, things: Sequence[ThingT]) -> ThingT | None:
        """Any of these."""
        return self.rng.choice(things) if things else None

    def department(self) -> Department:
        """Any department."""
        return self.rng.choice(list(self.state.departments.values()))

    def of(self, number: int, wanted: Capability = Capability.OFFICER) -> str:
        """An account of a department, mostly one with this capability."""
        if self.rng.random() < 0.03:
            number = self.department().id
        accounts = self.state.departments[number].accounts  # type: ignore[index]
        fit = [account for account, held in accounts.items() if wanted & held]
        return self.rng.choice(fit if fit and self.rng.random() < 0.97 else list(accounts))

    @property
    def agency(self) -> str:
        """An OFFICER of the agency."""
        return self.of(self.state.agency_at(self.now))

    @property
    def reason(self) -> tuple[int, bytes]:
        """Some reason."""
        return self.rng.randint(1, 90), self.fresh()

    def moment(self) -> int:
        """A time that is near, and mostly to come."""
        return self.now + self.rng.choice((-1, 5, 60, 300, 2000, 100_000))

    @property
    def terms(self) -> tuple[Any, ...]:
        """Some terms."""
        flags = self.rng.random() < 0.7, self.rng.random() < 0.6
        return (self.fresh(), self.rng.randint(1, 2), *flags, self.moment())

    def grant(self, *states: GrantState) -> Grant | None:
        """A grant, mostly in one of these states."""
        grants = list(self.state.grants.values())
        fit = [grant for grant in grants if grant.state in states]
        return self.one(fit if self.rng.random() < 0.95 else grants)

    def transfer(self, *states: TransferState) -> Any:
        """A transfer, mostly in one of these states."""
        transfers = list(self.state.transfers.values())
        fit = [transfer for transfer in transfers if transfer.state in states]
        return self.one(fit if self.rng.random() < 0.95 else transfers)


Action = Callable[[Walk], Call | None]
ACTIONS: list[tuple[Action, float]] = []


def action(weight: float = 1.0) -> Callable[[Action], Action]:
    """Let the walk choose this call."""

    def register(function: Action) -> Action:
        ACTIONS.append((function, weight))
        return function

    return register


# ------------------------------------------------------------------ members
@action(0.3)
def admit(walk: Walk) -> Call | None:
    if len(walk.state.departments) >= 7:
        return None
    code = encode_code(Code(f"department-{len(walk.state.departments)}"))
    arguments = (code, walk.address(), walk.fresh())
    return walk.agency, "DepartmentRegistry", "admit", arguments


@action(0.05)
def suspend(walk: Walk) -> Call:
    return walk.agency, "DepartmentRegistry", "suspend", (walk.department().id, walk.reason)


@action()
def reinstate(walk: Walk) -> Call | None:
    found = walk.one([each for each in walk.state.departments.values() if each.suspended])
    if found is None:
        return None
    return walk.agency, "DepartmentRegistry", "reinstate", (found.id, walk.reason)


@action(0.2)
def appoint_auditor(walk: Walk) -> Call:
    return walk.agency, "DepartmentRegistry", "appointAuditor", (walk.department().id,)


@action(0.1)
def remove_auditor(walk: Walk) -> Call:
    return walk.agency, "DepartmentRegistry", "removeAuditor", (walk.department().id, walk.reason)


@action(0.4)
def set_group_member(walk: Walk) -> Call:
    group = encode_code(Code(walk.rng.choice(GROUPS)))
    arguments = (group, walk.department().id, walk.rng.random() < 0.7)
    return walk.agency, "DepartmentRegistry", "setGroupMember", arguments


@action(0.3)
def publish_scorecard(walk: Walk) -> Call:
    lines = [(walk.department().id, walk.rng.randint(0, 3)) for _ in range(walk.rng.randint(0, 9))]
    return walk.agency, "DepartmentRegistry", "publishScorecard", (walk.fresh(), lines)


@action(0.2)
def publish_finding(walk: Walk) -> Call:
    finder = walk.of(walk.department().id)
    return finder, "DepartmentRegistry", "publishFinding", (walk.department().id, walk.reason)


@action(0.15)
def reset_admin(walk: Walk) -> Call:
    arguments = (walk.department().id, walk.address(), walk.reason)
    return walk.agency, "DepartmentRegistry", "resetAdmin", arguments


@action(0.5)
def veto_reset(walk: Walk) -> Call | None:
    departments = walk.state.departments.values()
    found = walk.one([each for each in departments if each.pending_reset(walk.now)])
    if found is None:
        return None
    return walk.of(found.id, Capability(7)), "DepartmentRegistry", "vetoReset", ()


@action(0.08)
def propose_handover(walk: Walk) -> Call:
    successor = walk.rng.choice((0, walk.department().id, walk.department().id))
    return walk.agency, "DepartmentRegistry", "proposeHandover", (successor,)


@action()
def accept_handover(walk: Walk) -> Call | None:
    successor = walk.state.proposed_agency
    if successor is None:
        return None
    return walk.of(successor), "DepartmentRegistry", "acceptHandover", ()


@action(0.1)
def set_deadlines(walk: Walk) -> Call:
    periods = tuple(walk.rng.randint(0, 200) for _ in range(5))
    return walk.agency, "DepartmentRegistry", "setDeadlines", (periods,)


@action(0.7)
def add_account(walk: Walk) -> Call:
    admin = walk.of(walk.department().id, Capability.ADMIN)
    arguments = (walk.address(), walk.rng.choice((1, 2, 2, 4, 6, 7, 8)))
    return admin, "DepartmentRegistry", "addAccount", arguments


@action(0.1)
def remove_account(walk: Walk) -> Call:
    department = walk.department()
    account = walk.rng.choice(list(department.accounts))
    admin = walk.of(department.id, Capability.ADMIN)
    return admin, "DepartmentRegistry", "removeAccount", (account,)


@action(0.5)
def publish_key(walk: Walk) -> Call:
    department = walk.department()
    key = walk.rng.randbytes(1216)
    admin = walk.of(department.id, Capability.ADMIN)
    return admin, "DepartmentRegistry", "publishKey", (len(department.keys) + 1, key)


@action(0.05)
def retire_key(walk: Walk) -> Call:
    department = walk.department()
    admin = walk.of(department.id, Capability.ADMIN)
    number = walk.rng.randint(0, len(department.keys))
    return admin, "DepartmentRegistry", "retireKey", (number,)


# ------------------------------------------------------------------ catalogue
@action(0.1)
def publish_specification(walk: Walk) -> Call:
    number = len(walk.state.specifications.get("schema", {})) + 1
    arguments = (encode_code(Code("schema")), number, walk.fresh())
    return walk.agency, "DatasetRegistry", "publishSpecification", arguments


@action(0.1)
def deprecate_specification(walk: Walk) -> Call:
    number = walk.rng.randint(1, 3)
    arguments = (encode_code(Code("schema")), number, walk.reason)
    return walk.agency, "DatasetRegistry", "deprecateSpecification", arguments


@action(0.1)
def publish_need(walk: Walk) -> Call:
    return walk.of(walk.department().id), "DatasetRegistry", "publishNeed", (walk.fresh(),)


@action(0.1)
def withdraw_need(walk: Walk) -> Call | None:
    need = walk.one(list(walk.state.needs.values()))
    if need is None:
        return None
    arguments = (need.id, walk.reason)
    return walk.of(need.department), "DatasetRegistry", "withdrawNeed", arguments


def _rules(walk: Walk, kind: int) -> tuple[Any, ...]:
    consent = kind == 1 and walk.rng.random() < 0.7
    sharing = walk.rng.choice((0, 1, 1, 1, 1, 2))
    return sharing, walk.rng.choice((1, 1, 1, 2)), walk.rng.random() < 0.5, consent


@action(0.4)
def register(walk: Walk) -> Call | None:
    if len(walk.state.datasets) >= 12:
        return None
    kind = walk.rng.randint(0, 1)
    slug = encode_code(Code(f"dataset-{len(walk.state.datasets)}"))
    arguments = (slug, kind, _rules(walk, kind), walk.fresh())
    return walk.of(walk.department().id), "DatasetRegistry", "register", arguments


@action(0.2)
def edit(walk: Walk) -> Call | None:
    dataset = walk.one(list(walk.state.datasets.values()))
    if dataset is None:
        return None
    arguments = (dataset.id, _rules(walk, dataset.kind), walk.fresh())
    return walk.of(dataset.owner), "DatasetRegistry", "edit", arguments


@action(0.02)
def withdraw_dataset(walk: Walk) -> Call | None:
    dataset = walk.one(list(walk.state.datasets.values()))
    if dataset is None:
        return None
    return walk.of(dataset.owner), "DatasetRegistry", "withdraw", (dataset.id, walk.reason)


@action(0.7)
def publish_version(walk: Walk) -> Call | None:
    dataset = walk.one(list(walk.state.datasets.values()))
    if dataset is None:
        return None
    arguments = (dataset.id, dataset.version_count + 1, walk.fresh())
    return walk.of(dataset.owner, Capability(6)), "DatasetRegistry", "publishVersion", arguments


@action(0.2)
def withdraw_version(walk: Walk) -> Call | None:
    dataset = walk.one([each for each in walk.state.datasets.values() if each.versions])
    if dataset is None:
        return None
    number = walk.rng.randint(1, dataset.version_count)
    arguments = (dataset.id, number, walk.reason)
    return walk.of(dataset.owner), "DatasetRegistry", "withdrawVersion", arguments


# ------------------------------------------------------------------ consents
@action()
def record_consent(walk: Walk) -> Call | None:
    services = [each for each in walk.state.datasets.values() if each.consent_needed]
    service = walk.one(services)
    if service is None:
        return None
    asking = [grant for grant in walk.state.grants.values() if grant.dataset == service.id]
    grant = walk.one(asking)
    receiver = grant.requester if grant else walk.department().id
    purpose = grant.purpose if grant else 1
    secret = len(walk.state.consents).to_bytes(32, "big")
    consent = (service.id, receiver, purpose, walk.moment(), bytes(keccak(secret)))
    relay = walk.of(walk.department().id, Capability(6))
    return relay, "ConsentRegistry", "record", (consent, SIGNATURE)


@action(0.1)
def withdraw_consent(walk: Walk) -> Call:
    secret = walk.rng.randint(0, len(walk.state.consents)).to_bytes(32, "big")
    relay = walk.of(walk.department().id, Capability(6))
    return relay, "ConsentRegistry", "withdraw", (secret,)


# ------------------------------------------------------------------ offers and requests
@action(0.3)
def publish_offer(walk: Walk) -> Call | None:
    dataset = walk.one(list(walk.state.datasets.values()))
    if dataset is None:
        return None
    group = walk.rng.choice((bytes(32), encode_code(Code("hospitals"))))
    offered = (
        walk.fresh(),
        group,
        walk.rng.randint(0, 2),
        walk.rng.randint(0, 2),
        walk.rng.random() < 0.7,
        walk.rng.random() < 0.7,
        walk.moment(),
        walk.rng.choice((0, 500, 200_000, 200_000)),
    )
    return walk.of(dataset.owner), "AccessGrants", "publishOffer", (dataset.id, offered)


@action(0.1)
def retire_offer(walk: Walk) -> Call | None:
    offer = walk.one(list(walk.state.offers.values()))
    if offer is None:
        return None
    return walk.of(offer.owner), "AccessGrants", "retireOffer", (offer.id, walk.reason)


@action()
def request(walk: Walk) -> Call | None:
    dataset = walk.one(list(walk.state.datasets.values()))
    if dataset is None:
        return None
    asker = walk.of(walk.department().id)
    return asker, "AccessGrants", "request", (dataset.id, walk.terms)


@action(0.8)
def request_under_offer(walk: Walk) -> Call | None:
    offer = walk.one([each for each in walk.state.offers.values() if each.retirement is None])
    if offer is None:
        return None
    asker = walk.of(walk.department().id)
    return asker, "AccessGrants", "requestUnderOffer", (offer.id, walk.terms)


def _terms_of(walk: Walk, grant: Grant) -> bytes:
    return grant.terms if walk.rng.random() < 0.97 else walk.fresh()


@action()
def approve(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.REQUESTED)
    if grant is None:
        return None
    arguments = (grant.id, _terms_of(walk, grant))
    return walk.of(grant.owner), "AccessGrants", "approve", arguments


@action(0.5)
def counter(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.REQUESTED)
    if grant is None:
        return None
    return walk.of(grant.owner), "AccessGrants", "counter", (grant.id, walk.terms)


@action()
def accept(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.COUNTERED)
    if grant is None or grant.counter is None:
        return None
    arguments = (grant.id, grant.counter.terms.digest)
    return walk.of(grant.requester), "AccessGrants", "accept", arguments


def _by_owner(function: str, weight: float, *states: GrantState) -> None:
    def call(walk: Walk) -> Call | None:
        grant = walk.grant(*states)
        if grant is None:
            return None
        owner = walk.agency if grant.ordered and walk.rng.random() < 0.8 else walk.of(grant.owner)
        return owner, "AccessGrants", function, (grant.id, walk.reason)

    action(weight)(call)


_by_owner("returnForCompletion", 0.4, GrantState.REQUESTED)
_by_owner("refuse", 0.3, GrantState.REQUESTED)
_by_owner("suspend", 0.15, GrantState.ACTIVE)
_by_owner("revoke", 0.05, GrantState.ACTIVE, GrantState.SUSPENDED)


@action()
def resubmit(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.RETURNED)
    if grant is None:
        return None
    return walk.of(grant.requester), "AccessGrants", "resubmit", (grant.id, walk.terms)


@action(0.15)
def withdraw_request(walk: Walk) -> Call | None:
    grant = walk.grant(*(state for state in GrantState if state is not GrantState.ACTIVE))
    if grant is None:
        return None
    return walk.of(grant.requester), "AccessGrants", "withdraw", (grant.id,)


@action(0.6)
def escalate(walk: Walk) -> Call | None:
    grant = walk.grant(
        GrantState.REQUESTED, GrantState.REFUSED, GrantState.COUNTERED, GrantState.RETURNED
    )
    if grant is None:
        return None
    return walk.of(grant.requester), "AccessGrants", "escalate", (grant.id, walk.reason)


@action()
def rule(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.ESCALATED)
    if grant is None:
        return None
    arguments = (grant.id, _terms_of(walk, grant), walk.rng.random() < 0.8, walk.reason)
    return walk.agency, "AccessGrants", "rule", arguments


@action()
def comply(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.ORDERED)
    if grant is None:
        return None
    arguments = (grant.id, _terms_of(walk, grant))
    return walk.of(grant.owner), "AccessGrants", "comply", arguments


@action(0.5)
def extend(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.ACTIVE)
    if grant is None:
        return None
    later = grant.extension if grant.extension and walk.rng.random() < 0.7 else None
    arguments = (grant.id, later or grant.valid_until + walk.rng.choice((-1, 50, 51)))
    return walk.of(grant.owner), "AccessGrants", "extend", arguments


@action(0.5)
def resume(walk: Walk) -> Call | None:
    grant = walk.grant(GrantState.SUSPENDED, GrantState.ACTIVE)
    if grant is None:
        return None
    return walk.of(grant.owner), "AccessGrants", "resume", (grant.id,)


# ------------------------------------------------------------------ transfers
def _attempted(walk: Walk) -> Grant | None:
    return walk.grant(GrantState.ACTIVE, GrantState.ACTIVE, GrantState.SUSPENDED)


@action(2.0)
def open_transfer(walk: Walk) -> Call | None:
    grant = _attempted(walk)
    if grant is None:
        return None
    versions = walk.state.datasets[grant.dataset].version_count
    arguments = (grant.dataset, walk.rng.randint(min(1, versions), versions), grant.id)
    return walk.of(grant.requester, Capability(6)), "TransferLog", "open", arguments


@action(2.0)
def query(walk: Walk) -> Call | None:
    grant = _attempted(walk)
    if grant is None:
        return None
    consents = [
        consent.id
        for consent in walk.state.consents.values()
        if (consent.dataset, consent.receiver) == (grant.dataset, grant.requester)
    ]
    consent = walk.rng.choice((0, *consents, *consents))
    arguments = (grant.dataset, grant.id, consent, walk.fresh())
    return walk.of(grant.requester, Capability(6)), "TransferLog", "query", arguments


def _delivery(walk: Walk, transfer: Any) -> tuple[Any, ...]:
    """A manifest, a key and a wrap that fit, mostly."""
    key = walk.state.departments[transfer.receiver].current_key(walk.now)
    manifest = walk.fresh()
    whole = transfer.whole_version
    if whole is not None and walk.rng.random() < 0.97:
        manifest = walk.state.datasets[whole[0]].versions[whole[1]].manifest
    number = key.number if key is not None and walk.rng.random() < 0.97 else 1
    return manifest, number, walk.fresh()


@action(2.0)
def release(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.OPENED, TransferState.DISPUTED)
    if transfer is None:
        return None
    sender = walk.of(transfer.sender, Capability(6))
    function = "resend" if transfer.kind is PayloadKind.DOCUMENT else "release"
    return sender, "TransferLog", function, (transfer.id, *_delivery(walk, transfer))


@action(1.0)
def release_tagged(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.OPENED, TransferState.DISPUTED)
    if transfer is None:
        return None
    sender = walk.of(transfer.sender, Capability(6))
    tag = transfer.id.to_bytes(32, "big")
    subject: tuple[Any, ...] = (tag, 0, bytes(32), (0, bytes(32)))
    if walk.rng.random() < 0.6:
        until = transfer.opened_at + walk.rng.choice((50, 500))
        subject = (bytes(keccak(tag + SALT)), until, walk.fresh(), walk.reason)
    arguments = (transfer.id, *_delivery(walk, transfer), subject)
    return sender, "TransferLog", "releaseTagged", arguments


@action(0.5)
def reveal(walk: Walk) -> Call | None:
    hidden = [
        (transfer, subject)
        for transfer in walk.state.transfers.values()
        for subject in transfer.subjects
        if subject.hidden
    ]
    found = walk.one(hidden)
    if found is None:
        return None
    transfer, subject = found
    auditors = [each.id for each in walk.state.departments.values() if each.auditor(walk.now)]
    revealer = walk.of(walk.rng.choice((transfer.sender, *auditors)))
    tag = transfer.id.to_bytes(32, "big")
    arguments = (transfer.id, tag, SALT, subject.hidden_until)
    return revealer, "TransferLog", "reveal", arguments


@action(0.8)
def send(walk: Walk) -> Call:
    sender, receiver = walk.department(), walk.department()
    key = receiver.current_key(walk.now)
    arguments = (receiver.id, walk.fresh(), key.number if key else 1, walk.fresh())
    return walk.of(sender.id, Capability(6)), "TransferLog", "send", arguments


@action(1.5)
def acknowledge(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.RELEASED)
    if transfer is None:
        return None
    manifest = transfer.manifest if walk.rng.random() < 0.97 else walk.fresh()
    receiver = walk.of(transfer.receiver, Capability(6))
    arguments = (transfer.id, manifest or walk.fresh(), walk.fresh())
    return receiver, "TransferLog", "acknowledge", arguments


@action(0.4)
def dispute(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.RELEASED, TransferState.ACKNOWLEDGED)
    if transfer is None:
        return None
    receiver = walk.of(transfer.receiver, Capability(6))
    return receiver, "TransferLog", "dispute", (transfer.id, walk.reason)


@action(0.1)
def decline(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.OPENED)
    if transfer is None:
        return None
    sender = walk.of(transfer.sender, Capability(6))
    return sender, "TransferLog", "decline", (transfer.id, walk.reason)


@action(0.3)
def disclose(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.DISPUTED)
    if transfer is None:
        return None
    arbiter = walk.department()
    key = arbiter.current_key(walk.now)
    arguments = (transfer.id, arbiter.id, key.number if key else 1, walk.fresh())
    return walk.of(transfer.sender), "TransferLog", "disclose", arguments


@action(0.3)
def settle(walk: Walk) -> Call | None:
    transfer = walk.transfer(TransferState.DISPUTED)
    if transfer is None:
        return None
    settler = walk.rng.choice((walk.agency, walk.of(transfer.receiver, Capability(6))))
    return settler, "TransferLog", "settle", (transfer.id, walk.reason)


@action(0.6)
def declare_sources(walk: Walk) -> Call | None:
    receivers = {transfer.receiver for transfer in walk.state.transfers.values()}
    owned = [each for each in walk.state.datasets.values() if each.owner in receivers]
    dataset = walk.one([each for each in owned if each.versions])
    if dataset is None:
        return None
    strict = walk.rng.random() < 0.9
    received = [
        transfer.id
        for transfer in walk.state.transfers.values()
        if (transfer.receiver, transfer.state) == (dataset.owner, TransferState.ACKNOWLEDGED)
        and not (strict and not (transfer.grant and walk.state.grant(transfer.grant).onward_use))
    ]
    count = walk.rng.randint(0, min(3, len(received)))
    sources = sorted(walk.rng.sample(received, count))
    number = walk.rng.randint(1, dataset.version_count)
    arguments = (dataset.id, number, sources)
    return walk.of(dataset.owner), "TransferLog", "declareSources", arguments


@action(0.3)
def recall(walk: Walk) -> Call | None:
    dataset = walk.one([each for each in walk.state.datasets.values() if each.versions])
    if dataset is None:
        return None
    withdrawn = [version.number for version in dataset.versions.values() if version.withdrawn]
    number = walk.one(withdrawn) or 1
    arguments = (dataset.id, number, walk.reason)
    return walk.of(dataset.owner), "TransferLog", "recall", arguments


@action(0.4)
def attest(walk: Walk) -> Call | None:
    transfer = walk.transfer(*TransferState)
    if transfer is None:
        return None
    number = walk.rng.randint(0, len(walk.state.recalls))
    receiver = walk.of(transfer.receiver, Capability(6))
    return receiver, "TransferLog", "attest", (transfer.id, number, walk.reason)
