"""Completeness: the heads replayed from events against the heads that the chain's state proves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from eth_hash.auto import keccak

from ledger.deployment import Deployment
from ledger.errors import IntegrityError
from ledger.events import ZERO_HEAD, Event, HeadKey, extend_head, head_of
from ledger.identifiers import ContractName
from ledger.provenance import LedgerState
from ledger.verify.findings import Finding, Severity
from ledger.verify.proofs import StateProof, prove_account, prove_slot

# `IEventHeads`: both are mappings by number, in the first two slots of every contract.
_MAPPING_SLOTS: Final = {"dataset": 0, "member": 1}

# Whose events concern a member alone (specifications, needs, documents), and whose a dataset.
_OF_MEMBERS: Final[tuple[ContractName, ...]] = (
    "DepartmentRegistry",
    "DatasetRegistry",
    "TransferLog",
)
_OF_DATASETS: Final[tuple[ContractName, ...]] = (
    "DatasetRegistry",
    "ConsentRegistry",
    "AccessGrants",
    "TransferLog",
)


def replay_heads(
    events: Iterable[Event], heads: Mapping[HeadKey, bytes] | None = None
) -> dict[HeadKey, bytes]:
    """The head of everything that these events concern, continuing `heads` where given."""
    replayed = dict(heads or {})
    for event in events:
        key = head_of(event)
        replayed[key] = extend_head(replayed.get(key, ZERO_HEAD), event)
    return replayed


def head_slot(key: HeadKey) -> int:
    """The storage slot of a head: `keccak256(number ‖ mapping's slot)`, each 32 bytes."""
    number, slot = key.number.to_bytes(32, "big"), _MAPPING_SLOTS[key.kind].to_bytes(32, "big")
    return int.from_bytes(keccak(number + slot), "big")


def heads_to_prove(state: LedgerState) -> list[HeadKey]:
    """Every head that has to be proven to show that no event is missing.

    Numbers are sequential: that the head of the next department and of the next dataset is still
    zero shows that there are no further ones.
    """
    members = range(1, len(state.departments) + 2)
    datasets = range(1, len(state.datasets) + 2)
    return [
        *(HeadKey(contract, "member", number) for contract in _OF_MEMBERS for number in members),
        *(HeadKey(contract, "dataset", number) for contract in _OF_DATASETS for number in datasets),
    ]


def proven_heads(
    deployment: Deployment, state_root: bytes, keys: Iterable[HeadKey], proof: StateProof
) -> dict[HeadKey, bytes]:
    """Those of `keys` that are the contract's whose account `proof` is of, as the state has them.

    Raises:
        IntegrityError: the proof is of no contract of the deployment, its code is another, the
            proof doesn't hold, or a head isn't in it.
    """
    contract = deployment.contract_at(f"0x{proof.address.hex()}")
    if contract is None:
        raise IntegrityError(f"0x{proof.address.hex()} is none of the ledger's contracts")
    account = prove_account(state_root, proof.address, proof.account)
    expected = deployment.contracts[contract].code_hash
    if account.code_hash != expected:
        raise IntegrityError(
            f"{contract} has code with hash 0x{account.code_hash.hex()} in the state, "
            f"expected 0x{expected.hex()}"
        )
    proven = {}
    for key in keys:
        if key.contract == contract:
            slot = head_slot(key)
            if slot not in proof.storage:
                raise IntegrityError(f"the node's proof of {contract} lacks a head: {key}")
            proven[key] = prove_slot(account.storage_root, slot, proof.storage[slot])
    return proven


def compare_heads(
    replayed: Mapping[HeadKey, bytes], proven: Mapping[HeadKey, bytes], state: LedgerState
) -> list[Finding]:
    """Where the events aren't those that the contracts emitted, or that wasn't proven."""
    findings = []
    # Also what no event speaks of: a head left out of the proofs would hide all of its events.
    for key in sorted({*replayed, *proven, *heads_to_prove(state)}):
        expected, found = proven.get(key), replayed.get(key, ZERO_HEAD)
        if expected is None:
            findings.append(
                Finding(
                    Severity.ABSENT, _subject(key, state), "events", "a proven head", "no proof"
                )
            )
        elif expected != found:
            findings.append(
                Finding(
                    Severity.ALTERED,
                    _subject(key, state),
                    "its events were altered, reordered, added or left out",
                    f"the rolling hash 0x{expected.hex()}",
                    f"0x{found.hex()}",
                )
            )
    return findings


def _subject(key: HeadKey, state: LedgerState) -> str:
    names: dict[int, str] = (
        {number: dataset.name for number, dataset in state.datasets.items()}
        if key.kind == "dataset"
        else {number: department.code for number, department in state.departments.items()}
    )
    return f"{key.contract}, {key.kind} {names.get(key.number, str(key.number))}"
