"""Accounts whose key is elsewhere: a signer behind JSON-RPC, such as Clef or Web3Signer."""

from __future__ import annotations

import json
from typing import Any, Final

import rlp
import urllib3
from eth_account import Account

from ledger.errors import (
    ConfigError,
    IntegrityError,
    NodeUnreachable,
    RecordError,
    RefusedError,
)
from ledger.identifiers import Address, parse_address, shown
from ledger.records import require_shallow

# A person may have to confirm.
_TIMEOUT_S: Final = 120.0
_MAX_ANSWER_BYTES: Final = 2 * 1024 * 1024


class RpcSigner:
    """Signs by `eth_signTransaction`; what comes back is checked against what was asked."""

    def __init__(self, url: str, address: str) -> None:
        """Connect lazily.

        Raises:
            ConfigError: not an http or https URL.
            InputError: not an address.
        """
        if not url.startswith(("http://", "https://")):
            raise ConfigError(
                f"{shown(url)} is not the URL of a signer: expected http:// or https://"
            )
        self._url = url
        self._address = Address(parse_address(address))
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_S)

    @property
    def address(self) -> str:
        """The account's address (EIP-55)."""
        return self._address

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """Return the signed raw transaction (legacy, EIP-155).

        Raises:
            NodeUnreachable: the signer does not answer.
            RefusedError: the signer refused.
            IntegrityError: it signed something else, or by another account.
        """
        raw = self._ask({name: _wire(value) for name, value in transaction.items()})
        _check(raw, transaction, self._address)
        return raw

    def __repr__(self) -> str:
        return f"RpcSigner({self._address})"

    def _ask(self, transaction: dict[str, Any]) -> bytes:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_signTransaction",
            "params": [{"from": self._address, **transaction}],
        }
        try:
            with self._pool.request("POST", self._url, json=body, preload_content=False) as reply:
                data = reply.read(_MAX_ANSWER_BYTES)
            require_shallow(data)
            answer = json.loads(data)
        except (urllib3.exceptions.HTTPError, OSError, ValueError, RecordError) as error:
            raise NodeUnreachable(
                "the signer does not answer as JSON-RPC", hint="start it, or correct its URL"
            ) from error
        if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
            error_part = answer.get("error") if isinstance(answer, dict) else None
            message = error_part.get("message", "") if isinstance(error_part, dict) else ""
            raise RefusedError(
                f"the signer refused to sign: {shown(str(message), 200)}",
                hint="look at the signer: it may wait for a confirmation, or lack the account",
            )
        return _raw(answer["result"])


def _raw(result: object) -> bytes:
    # Clef answers {"raw", "tx"}, Web3Signer the bytes alone.
    text = result.get("raw") if isinstance(result, dict) else result
    try:
        return bytes.fromhex(str(text).removeprefix("0x"))
    except ValueError as error:
        raise IntegrityError("the signer answered something that is no transaction") from error


def _check(raw: bytes, asked: dict[str, Any], address: Address) -> None:
    try:
        fields = rlp.decode(raw)
        nonce, gas_price, gas, to, value, data, v, _, _ = fields
        # A stranger's bytes may break the decoder in any way.
        sender = Account.recover_transaction(raw)
    except Exception as error:
        raise IntegrityError("the signer answered something that is no transaction") from error
    number = int.from_bytes
    signed = {
        "nonce": number(nonce, "big"),
        "gasPrice": number(gas_price, "big"),
        "gas": number(gas, "big"),
        "to": to,
        "value": number(value, "big"),
        "data": data,
        "chainId": (number(v, "big") - 35) // 2,
    }
    expected = {
        "nonce": asked["nonce"],
        "gasPrice": asked["gasPrice"],
        "gas": asked["gas"],
        "to": _bytes(asked.get("to") or b""),
        "value": asked.get("value", 0),
        "data": _bytes(asked.get("data") or b""),
        "chainId": asked["chainId"],
    }
    for name, value in expected.items():
        if signed[name] != value:
            raise IntegrityError(f"the signer signed another {name} than was asked")
    if sender != address:
        raise IntegrityError(f"the signer signed as {sender}, expected {address}")


def _bytes(value: object) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]


def _wire(value: object) -> object:
    """A value as Ethereum's JSON-RPC writes it."""
    if isinstance(value, int):
        return hex(value)
    return f"0x{bytes(value).hex()}" if isinstance(value, bytes | bytearray) else value
