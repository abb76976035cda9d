"""What the main job costs on Ganache, call by call: a dataset's first use, a department's, later
ones; and the dearest of every call in a long random walk on anvil; all at berlin's prices.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ledger.agent import Agent
from ledger.client import Ledger
from ledger.codes import Purpose
from ledger.deployment import CONTRACTS
from ledger.ports import Receipt
from ledger.testnet.country import examples
from scripts.benchmarks._network import Network, network, note
from scripts.benchmarks._report import Figure, at_most, report
from tests.chain_fixtures import running_ledger
from tests.integration.walk import Walk

TARGET = 400_000
ANY_CALL = 150_000
# A key is 1,216 bytes of an event.
DEARER = ("DepartmentRegistry.publishKey",)
STEPS = 2_000
CALLS = ("publishVersion", "request", "approve", "open", "release", "acknowledge")
# The first use of the dataset; the first of another department, and that department's next two.
ROUNDS = (
    ("energy", Purpose.PLANNING),
    ("health", Purpose.PLANNING),
    ("health", Purpose.RESEARCH),
    ("health", Purpose.STATISTICS),
)


@dataclass
class Meter:
    """A chain that notes what each call cost; everything else is the chain's own."""

    chain: Any
    spent: dict[str, int]

    def transact(self, signer: Any, contract: Any, function: str, *rest: Any, key: str) -> Receipt:
        """Send one transaction and note its gas."""
        receipt: Receipt = self.chain.transact(signer, contract, function, *rest, key=key)
        self.spent[function] = receipt.gas_used
        return receipt

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chain, name)


def metered(ledger: Ledger, spent: dict[str, int]) -> Ledger:
    """The same ledger, whose transactions are noted in `spent`."""
    ledger.session.chain = Meter(ledger.session.chain, spent)
    return ledger


def measure(net: Network) -> list[dict[str, int]]:
    """The gas of each call, for each round."""
    spent: dict[str, int] = {}
    rounds = []
    with net.offices.open("labour") as opened:
        labour = metered(opened, spent)
        labour.datasets.register(
            "employment", title="Employment by sector", description="Employees on payrolls"
        )
        for requester, purpose in ROUNDS:
            note(f"publish, request by {requester}, approve, open, release, acknowledge")
            spent.clear()
            share(net, labour, requester, purpose, spent)
            rounds.append({call: spent[call] for call in CALLS})
    return rounds


def share(
    net: Network, labour: Ledger, requester: str, purpose: Purpose, spent: dict[str, int]
) -> None:
    """Publish a version, and take it to the requester under a new grant."""
    table = examples() / "data" / "us-employment.csv"
    labour.datasets.publish("labour/employment", table, validate=False, again=True)
    with net.offices.open(requester) as opened:
        ledger = metered(opened, spent)
        grant = ledger.requests.create(
            "labour/employment",
            purpose=purpose,
            purpose_text="To measure.",
            legal_basis="Energy Act, section 9",
            retention_days=30,
            security_measures="encrypted disks",
            valid_days=90,
        ).grant
        labour.requests.approve(grant)
        transfer = ledger.transfers.open("labour/employment").transfer
        Agent(labour.session, lambda *_, **__: None).step()
        ledger.transfers.fetch(str(transfer), out=Path(net.folder / f"{transfer}.csv"))


def every_call() -> list[Figure]:
    """The dearest of each call in a random walk."""
    with (
        TemporaryDirectory(prefix="ledger-bench-") as folder,
        running_ledger("anvil", Path(folder)) as ledger,
        closing(Walk(ledger, 1)) as walk,
    ):
        note(f"{STEPS:,} random calls, and more until each was accepted once")
        wanted, steps = changing_calls() - {"DepartmentRegistry.retire"}, 0
        while steps < STEPS or wanted - walk.accepted.keys():
            steps += 1
            walk.step()
        note(f"{steps:,} calls, {sum(walk.accepted.values()):,} of them accepted")
        walk.make(walk.agency, "DepartmentRegistry", "retire", (walk.fresh(),))
        return [
            Figure(call, spent, "gas") if call in DEARER else at_most(call, spent, "gas", ANY_CALL)
            for call, spent in sorted(walk.gas.items())
        ]


def changing_calls() -> set[str]:
    """Every call that a transaction makes."""
    found = set()
    for contract in CONTRACTS:
        artifact = json.loads(files("ledger.abi").joinpath(f"{contract}.json").read_bytes())
        for entry in artifact["abi"]:
            if entry["type"] == "function" and entry["stateMutability"] == "nonpayable":
                found.add(f"{contract}.{entry['name']}")
    return found


def figures(when: str, spent: dict[str, int]) -> list[Figure]:
    """Each call's gas, and what they cost together."""
    together = Figure(f"together, {when}", sum(spent.values()), "gas")
    return [*(Figure(f"{call}, {when}", spent[call], "gas") for call in CALLS), together]


def main() -> None:
    """Report the dearest of the later rounds, the first ones, and every call."""
    with network() as net:
        of_dataset, of_department, *later = measure(net)
    steady = max(later, key=lambda round_: sum(round_.values()))
    report(
        "gas",
        [
            *figures("steady", steady)[:-1],
            at_most("together, steady", sum(steady.values()), "gas", TARGET),
            *figures("a department's first use", of_department),
            *figures("first use", of_dataset),
            *every_call(),
        ],
    )


if __name__ == "__main__":
    main()
