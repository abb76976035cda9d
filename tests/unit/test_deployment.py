"""The deployment file: one spelling, all contracts, a digest over the part that never changes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import rfc8785

from ledger.deployment import CONTRACTS, Deployment
from ledger.errors import RecordError
from ledger.identifiers import parse_address

VALIDATOR = parse_address(f"0x{7:040x}")
GOOD: dict[str, Any] = {
    "type": "sharing-ledger/v1/deployment",
    "chainId": 1337,
    "genesisHash": "11" * 32,
    "engine": "ganache",
    "contracts": {
        name: {"address": parse_address(f"0x{(0xABCDEF << 96) + i:040x}"), "codeHash": f"{i:064x}"}
        for i, name in enumerate(CONTRACTS)
    },
    "firstBlock": 1,
    "delays": {"noticePeriod": 5, "keyDelay": 6, "minimumPeriod": 7},
    "validators": [],
    "checkpoints": [],
}


ADDRESS = "contracts.TransferLog.address"
CHECKSUMMED = GOOD["contracts"]["TransferLog"]["address"]
NAMES = ", ".join(f"'{name}'" for name in CONTRACTS[:-1])


def read(changes: dict[str, Any]) -> Deployment:
    return Deployment.from_bytes(rfc8785.dumps(GOOD | changes))


def test_a_deployment_survives_writing_and_reading() -> None:
    data = rfc8785.dumps(GOOD)
    deployment = Deployment.from_bytes(data)
    assert deployment.to_bytes() == data
    assert deployment.chain_id == 1337
    assert deployment.delays.key_delay == 6
    assert deployment.contracts["TransferLog"].code_hash == (4).to_bytes(32, "big")


def test_the_digest_is_of_the_part_without_validators_and_checkpoints() -> None:
    first = {k: v for k, v in GOOD.items() if k not in ("validators", "checkpoints")}
    expected = hashlib.sha256(rfc8785.dumps(first)).digest()
    assert read({}).digest == expected
    later = {
        "validators": [VALIDATOR],
        "checkpoints": [{"blockNumber": 9, "blockHash": "22" * 32}],
    }
    assert read(later).digest == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"chainId": 1338},
        {"genesisHash": "12" * 32},
        {"engine": "anvil"},
        {"firstBlock": 2},
        {"delays": {"noticePeriod": 5, "keyDelay": 6, "minimumPeriod": 8}},
        {
            "contracts": GOOD["contracts"]
            | {"TransferLog": {"address": VALIDATOR, "codeHash": "33" * 32}}
        },
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_member_of_the_first_part_enters_the_digest(changes: dict[str, Any]) -> None:
    assert read(changes).digest != read({}).digest


def contracts(name: str, **changes: Any) -> dict[str, Any]:
    return {"contracts": GOOD["contracts"] | {name: GOOD["contracts"][name] | changes}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"chainId": 0}, "chainId: Input should be greater than or equal to 1", id="chain id 0"
        ),
        pytest.param(
            {"chainId": "1337"}, "chainId: Input should be a valid integer", id="chain id as text"
        ),
        pytest.param(
            {"genesisHash": "0x" + "11" * 32},
            "genesisHash: is not 32 bytes, written as 64 lower-case hexadecimal digits",
            id="0x before a hash",
        ),
        pytest.param(
            {"engine": "geth"},
            "engine: Input should be 'ganache', 'anvil' or 'qbft'",
            id="an unknown engine",
        ),
        pytest.param(
            {"firstBlock": -1},
            "firstBlock: Input should be greater than or equal to 0",
            id="a negative block",
        ),
        pytest.param(
            {"surprise": 1}, "surprise: Extra inputs are not permitted", id="an unknown member"
        ),
        pytest.param(
            {"contracts": {}},
            f"contracts lacks {', '.join(CONTRACTS)}",
            id="no contracts",
        ),
        pytest.param(
            {"contracts": GOOD["contracts"] | {"Vault": GOOD["contracts"]["TransferLog"]}},
            f"contracts.Vault.'[key]': Input should be {NAMES} or 'TransferLog'",
            id="a fifth contract",
        ),
        pytest.param(
            contracts("TransferLog", address=GOOD["contracts"]["AccessGrants"]["address"]),
            "two contracts have the same address",
            id="one address twice",
        ),
        pytest.param(
            contracts("TransferLog", address="0x1234"),
            f"{ADDRESS}: '0x1234' is not an address: expected 0x and 40 hexadecimal digits",
            id="too short",
        ),
        pytest.param(
            contracts("TransferLog", address=GOOD["contracts"]["TransferLog"]["address"].lower()),
            f"{ADDRESS}: is not in EIP-55 spelling: expected {CHECKSUMMED}",
            id="an address in another spelling",
        ),
        pytest.param(
            {"validators": [VALIDATOR, VALIDATOR]},
            "validators must ascend, each once",
            id="one validator twice",
        ),
        pytest.param(
            {"checkpoints": [{"blockNumber": 9, "blockHash": "22" * 32}] * 2},
            "checkpoints must ascend by block, each once",
            id="one checkpoint twice",
        ),
    ],
)
def test_a_wrong_deployment_file_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError) as caught:
        read(changes)
    assert caught.value.message == f"record of type {Deployment.TYPE} is wrong: {said}"


def test_a_file_in_another_spelling_is_refused() -> None:
    with pytest.raises(RecordError, match=r"^record is not in canonical form \(RFC 8785\)$"):
        Deployment.from_bytes(json.dumps(GOOD, indent=2).encode())


def test_a_contract_is_found_by_its_address_in_any_spelling() -> None:
    deployment = read({})
    address = deployment.contracts["AccessGrants"].address
    assert deployment.contract_at(address) == "AccessGrants"
    assert deployment.contract_at(address.lower()) == "AccessGrants"
    assert deployment.contract_at(VALIDATOR) is None


def test_a_successor_is_found_by_the_digest_that_the_retired_one_names() -> None:
    old = read({})
    new = read({"chainId": 1338, "predecessor": old.digest.hex(), "validators": [VALIDATOR]})
    assert hashlib.sha256(new.first_part).digest() == new.digest
    fetched = Deployment.from_first_part(new.first_part)
    assert fetched.digest == new.digest
    fetched.require_succeeds(old.digest, successor=new.digest)


def test_a_successor_that_the_retired_one_does_not_name_is_refused() -> None:
    old = read({})
    new = read({"chainId": 1338, "predecessor": old.digest.hex()})
    nobodys = read({"chainId": 1338})
    for deployment, retired, named, member in (
        (new, old.digest, old.digest, f"digest is {new.digest.hex()}"),
        (new, new.digest, new.digest, f"predecessor is {old.digest.hex()}"),
        (nobodys, old.digest, nobodys.digest, "predecessor is absent"),
    ):
        said = f"^successor and chain differ: {member} in the record, [0-9a-f]{{64}} on the chain$"
        with pytest.raises(RecordError, match=said):
            deployment.require_succeeds(retired, successor=named)


@pytest.mark.parametrize(
    "data", [rfc8785.dumps(GOOD), b"{}", b"[]", rfc8785.dumps({"type": GOOD["type"]})]
)
def test_what_is_not_a_first_part_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        Deployment.from_first_part(data)
    if data == rfc8785.dumps(GOOD):
        assert caught.value.message == "this is more than the first part of a deployment"
