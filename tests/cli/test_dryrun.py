"""A dry run sends and stores nothing, and says what would be."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ledger.cli.dryrun import Plan, Planned, noting, visibility
from ledger.cli.options import Settings
from ledger.cli.output import Output
from ledger.envelope.keyset import Keyset
from ledger.errors import ContractError
from ledger.identifiers import parse_cid
from ledger.ports import Intent, Ports, ReceiptCheck, Wrap
from tests.twins import FixedSigner, MemoryIpfs
from tests.unit import samples

RECORD = samples.reason().to_bytes()


class Chain:
    """A chain that would take every call, or refuse it."""

    refusal: ContractError | None = None

    def __init__(self) -> None:
        self.simulated: list[tuple[Any, ...]] = []

    def simulate(self, account: str, contract: str, function: str, *arguments: object) -> int:
        if self.refusal:
            raise self.refusal
        self.simulated.append((account, contract, function, *arguments))
        return 50_000

    def transact(self, *_: object, **__: object) -> None:
        raise AssertionError("a dry run sent something")


class Store:
    """A store that only reads."""

    def intent(self, *_: object) -> Intent:
        raise AssertionError("a dry run noted an intent")

    save_data_key = delete_data_key = save_wrap = save_receipt_check = intent

    def data_key(self, dataset: int, version: int, manifest: bytes) -> bytes | None:
        return bytes([dataset, version]) + manifest

    def wrap(self, transfer: int, attempt: int) -> Wrap | None:
        return None

    def unpublished_wraps(self) -> list[Wrap]:
        return []

    def receipt_checks(self) -> dict[tuple[int, bytes], ReceiptCheck]:
        return {(1, b"tag"): ReceiptCheck("checked")}


class Keys:
    """A keyset that can't be replaced."""

    def load(self) -> Keyset:
        return Keyset.generate()

    def save(self, keyset: Keyset) -> None:
        raise AssertionError("a dry run replaced the keyset")


def dry(plan: Plan, ipfs: MemoryIpfs | None = None, chain: Chain | None = None) -> Any:
    return noting(Ports(chain or Chain(), ipfs or MemoryIpfs(), Store(), Keys()), plan)  # type: ignore[arg-type]


def test_the_call_is_noted_and_not_sent() -> None:
    plan, chain, signer = Plan(), Chain(), FixedSigner(7)
    with pytest.raises(Planned):
        dry(plan, chain=chain).chain.transact(signer, "AccessGrants", "approve", 7, key="k")
    assert plan.call is not None
    assert (plan.call.sender, plan.call.function, plan.call.arguments, plan.call.gas) == (
        signer.address,
        "approve",
        (7,),
        50_000,
    )
    assert chain.simulated == [(signer.address, "AccessGrants", "approve", 7)]
    assert signer.signed == []


def test_what_the_contract_would_refuse_is_refused() -> None:
    plan, chain = Plan(), Chain()
    chain.refusal = ContractError("no", name="GrantUnknown")
    with pytest.raises(ContractError):
        dry(plan, chain=chain).chain.transact(FixedSigner(7), "AccessGrants", "approve", 7, key="k")
    assert plan.call is None


def test_a_record_is_noted_and_can_be_read_back_but_is_not_stored() -> None:
    plan, ipfs = Plan(), MemoryIpfs()
    ports = dry(plan, ipfs)
    digest = ports.ipfs.put_block(RECORD)
    assert digest == hashlib.sha256(RECORD).digest()
    assert ports.ipfs.get_block(digest) == RECORD
    assert ports.ipfs.has_block(digest)
    assert ipfs.content == {}
    assert plan.records[0].content == json.loads(RECORD)


def test_records_that_exist_are_read() -> None:
    ipfs = MemoryIpfs()
    digest = ipfs.put_block(b"{}")
    ports = dry(Plan(), ipfs)
    assert ports.ipfs.get_block(digest) == b"{}"
    assert ports.ipfs.has_block(digest)


def test_a_payload_is_measured_and_forgotten() -> None:
    plan, ipfs = Plan(), MemoryIpfs()
    ports = dry(plan, ipfs)
    cid = ports.ipfs.add_payload([b"ab", b"c"], "name")
    assert ports.ipfs.pinned("name") == []
    ports.ipfs.unpin(cid)
    assert parse_cid(cid) == cid
    assert plan.payload_bytes == 3
    assert (ipfs.content, ipfs.pins) == ({}, {})


def test_nothing_is_noted_in_store_or_keyset() -> None:
    ports = dry(Plan())
    intent = ports.store.intent("request create", {})
    intent.save(terms="00")
    assert intent.state == {"terms": "00"}
    intent.finish()
    intent.drop()
    assert ports.store.intent("request create", {}).state == {}
    assert ports.store.data_key(2, 1, b"m") == b"\x02\x01m"
    assert ports.store.wrap(1, 0) is None
    assert ports.store.unpublished_wraps() == []
    ports.store.save_data_key(1, 1, b"", b"")
    ports.store.delete_data_key(1, 1, b"")
    ports.store.save_wrap(Wrap(1, 0, 1, b"", published=False))
    ports.store.save_receipt_check(1, b"tag", ReceiptCheck("wrong"))
    assert ports.store.receipt_checks() == {(1, b"tag"): ReceiptCheck("checked")}
    ports.keys.save(ports.keys.load())


def sealed_record() -> bytes:
    annex = {"recipients": [{"department": "health", "wrappedKey": "x"}], "ciphertext": "y"}
    return json.dumps({"type": "sharing-ledger/v1/terms", "annex": annex}).encode()


def planned() -> Plan:
    plan = Plan()
    ports = dry(plan)
    ports.ipfs.put_block(sealed_record())
    ports.ipfs.add_payload([b"x" * 2_000], "name")
    with pytest.raises(Planned):
        ports.chain.transact(FixedSigner(7), "DatasetRegistry", "register", b"\x01", key="k")
    return plan


def test_who_could_see_it_and_for_how_long_is_told() -> None:
    assert visibility(planned()) == [
        "The call and its arguments: every member, for as long as the chain exists.",
        "The terms record: every member, until every IPFS node has dropped it.",
        "Its sealed part: health only, for as long as they keep their keys.",
        (
            "The payload, 2,000 bytes of ciphertext: whoever reaches the IPFS network can copy "
            "it; it is readable only with a key that a release gives."
        ),
    ]


def test_a_plan_is_shown_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Settings()).plan(planned())
    shown = capsys.readouterr().out
    assert shown.startswith("Dry run: nothing was sent.\n")
    assert "would call\n  DatasetRegistry.register\n    0x01\n" in shown
    assert "    type: sharing-ledger/v1/terms\n" in shown
    assert "wrappedKey" not in shown


def test_a_plan_of_records_alone_names_no_call(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan()
    digest = dry(plan).ipfs.put_block(RECORD)
    Output(Settings()).plan(plan)
    shown = capsys.readouterr().out
    assert shown.startswith(f"Dry run: nothing was sent.\n\nwith the record {digest.hex()}\n")
    assert "would call" not in shown


def test_a_plan_as_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Settings(json=True)).plan(planned())
    document = json.loads(capsys.readouterr().out)
    assert document["dryRun"] is True
    assert document["call"]["function"] == "register"
    assert document["records"][0]["sealedTo"] == ["health"]
    assert len(document["visibility"]) == 4


def test_a_run_that_would_send_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Settings()).plan(Plan())
    assert capsys.readouterr().out == "Dry run: nothing would be sent.\n"
