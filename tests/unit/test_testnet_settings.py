"""`ganache.config.json` means the same to Ganache and to anvil, and a mistake in it is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ConfigError
from ledger.testnet.settings import ChainSettings, load_settings


def settings(folder: Path, **sections: Any) -> ChainSettings:
    path = folder / "ganache.config.json"
    chain = {"chainId": 1337, "hardfork": "berlin"}
    path.write_text(json.dumps({"chain": chain} | sections))
    return load_settings(path)


def test_the_configuration_that_we_ship_is_free_of_charge_and_berlin() -> None:
    shipped = load_settings()
    assert shipped.chain_id == 1337
    ganache, anvil = shipped.flags("ganache"), shipped.flags("anvil")
    assert {"--chain.hardfork=berlin", "--miner.defaultGasPrice=0"} <= set(ganache)
    assert {"--hardfork=berlin", "--gas-price=0", "--base-fee=0"} <= set(anvil)
    assert {"--wallet.totalAccounts=0", "--logging.quiet=true"} <= set(ganache)
    assert "--accounts=0" in anvil


def test_blocks_at_once_need_no_flag_of_anvil(tmp_path: Path) -> None:
    at_once = settings(tmp_path, miner={"blockTime": 0})
    assert "--miner.blockTime=0" in at_once.flags("ganache")
    assert not any(flag.startswith("--block-time") for flag in at_once.flags("anvil"))


def test_a_block_time_is_given_to_both_engines(tmp_path: Path) -> None:
    slow = settings(tmp_path, miner={"blockTime": 2})
    assert "--miner.blockTime=2" in slow.flags("ganache")
    assert "--block-time=2" in slow.flags("anvil")


def test_hexadecimal_numbers_are_read_as_ganache_reads_them(tmp_path: Path) -> None:
    assert "--gas-limit=16777216" in settings(tmp_path, miner={"blockGasLimit": "0x1000000"}).flags(
        "anvil"
    )


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        ({"chain": {"chainid": 1337}}, "unknown option chain.chainid"),
        ({"fork": {"url": "https://mainnet.example"}}, "unknown option fork.url"),
        ({"server": {"host": "0.0.0.0"}}, "unknown option server.host"),
        ({"miner": 5}, "miner must be a JSON object"),
        ({"miner": {"blockTime": "soon"}}, "blockTime must be a whole number"),
        ({"miner": {"blockTime": True}}, "blockTime must be a whole number"),
        ({"miner": {"blockTime": 1.5}}, "blockTime must be a whole number"),
        ({"miner": {"blockGasLimit": -1}}, "blockGasLimit must be a whole number"),
        ({"miner": {"blockGasLimit": "0xzz"}}, "not a hexadecimal number"),
        ({"logging": {"quiet": "yes"}}, "quiet must be true or false"),
        ({"chain": {"chainId": 1, "hardfork": "cancun"}}, "must be one of berlin, london"),
        ({"chain": {"chainId": 1}}, "lacks chain.hardfork"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(
    sections: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=problem):
        settings(tmp_path, **sections)


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff"])
def test_a_configuration_that_is_no_json_object_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "ganache.config.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError):
        load_settings(path)


def test_a_configuration_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_settings(tmp_path / "none.json")
