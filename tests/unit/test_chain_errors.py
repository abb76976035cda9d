"""Custom errors in words, whatever shape a node gives the revert's data."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from eth_abi.abi import encode

from ledger.chain.contracts import Signature, contract_abi, known_errors
from ledger.chain.endpoint import Endpoint, RpcError
from ledger.chain.quantities import MAX_DATA_BYTES, data, hexadecimal, items, members, number
from ledger.chain.refusals import refusal, revert_data
from ledger.chain.sentences import SENTENCES
from ledger.client.naming import DATASETS, DEPARTMENTS
from ledger.deployment import CONTRACTS
from ledger.errors import ConfigError, ContractError, NodeError

ACCOUNT = "0xd3CdA913deB6f67967B99D67aCDFa1712C293601"


def reverted(name: str, *values: object) -> ContractError:
    """What a custom error with these arguments becomes."""
    error = next(each for each in known_errors().values() if each.name == name)
    kinds = [parameter.type for parameter in error.inputs]
    return refusal(error.selector + encode(kinds, list(values)))


def sample(error: Signature) -> list[Any]:
    values: dict[str, Any] = {"address": ACCOUNT, "bytes32": bytes([0x61] * 32), "string": "a"}
    return [values.get(parameter.type, 1) for parameter in error.inputs]


@pytest.mark.parametrize("error", sorted(known_errors().values(), key=lambda e: e.name), ids=str)
def test_every_custom_error_is_said_in_words(error: Signature) -> None:
    told = reverted(error.name, *sample(error))
    assert told.name == error.name
    assert list(told.arguments) == [parameter.name for parameter in error.inputs]
    assert not set("{}") & set(told.message + (told.hint or ""))
    sentence = SENTENCES[error.name]
    named = {
        name
        for text in (sentence.text, sentence.hint or "")
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    assert named <= set(told.arguments)


def test_no_sentence_is_left_over() -> None:
    assert set(SENTENCES) == {error.name for error in known_errors().values()}


def test_errors_of_all_contracts_have_different_selectors() -> None:
    names = {e.name for n in CONTRACTS for e in contract_abi(n).errors.values()}
    assert len(names) == len(known_errors())


@pytest.mark.parametrize("error", sorted(known_errors().values(), key=lambda e: e.name), ids=str)
def test_every_number_of_a_department_or_dataset_has_its_name_in_the_ledger(
    error: Signature,
) -> None:
    kinds = {"DepartmentId": DEPARTMENTS, "DatasetId": DATASETS}
    for parameter in error.inputs:
        for kind, known in kinds.items():
            assert (parameter.name in known) == (parameter.solidity == kind)


def test_a_hint_names_what_the_command_is_about() -> None:
    hint = reverted("GrantStateUnexpected", 7, 5).hint
    assert hint == "see what happened with: ledger request show 7"
    # Whatever noun and verb a hint names, a thing of that kind is among the arguments.
    bare = [
        sentence.hint
        for sentence in SENTENCES.values()
        if re.search(
            r"ledger (request|grant|transfer|dataset|department) show(?! \{)", sentence.hint or ""
        )
    ]
    assert bare == []


def test_times_are_told_in_utc_and_kept_as_numbers() -> None:
    error = reverted("GrantHasExpired", 7, 1_700_000_000)
    assert error.message == "grant 7 expired at 2023-11-14 22:13:20 UTC"
    assert error.arguments == {"grant": 7, "validUntil": 1_700_000_000}
    assert reverted("GrantHasExpired", 7, 2**40 - 1).message.startswith("grant 7 expired at ")


def test_states_codes_and_capabilities_are_told_by_name() -> None:
    assert "it is refused" in reverted("GrantStateUnexpected", 7, 5).message
    assert "it is 77" in reverted("GrantStateUnexpected", 7, 77).message
    assert "does not hold: expired" in reverted("GrantDoesNotHold", 7, 5).message
    assert "of the kind document" in reverted("KindUnexpected", 7, 2).message
    assert "of the kind 0" in reverted("KindUnexpected", 7, 0).message
    taken = reverted("CodeTaken", b"health".ljust(32, b"\0"), 2)
    assert taken.message == "there is a department health already"
    assert reverted("AccountUnauthorized", ACCOUNT, 6).message == (
        f"the account {ACCOUNT} may not do this: it needs the capability OFFICER or AGENT"
    )


def test_a_hostile_text_in_an_argument_is_shown_harmlessly() -> None:
    assert "\x1b" not in reverted("CodeInvalid", b"\x1b[31mred".ljust(32, b"\0")).message
    selector = bytes.fromhex("08c379a0")
    error = refusal(selector + encode(["string"], ["\x1b[2J" + "a" * 5000]))
    assert "\x1b" not in error.message
    assert len(error.message) < 400


def test_require_panic_and_bare_reverts_are_told() -> None:
    text = refusal(bytes.fromhex("08c379a0") + encode(["string"], ["fifteen"]))
    assert (text.name, text.arguments) == ("Error", {"text": "fifteen"})
    panic = refusal(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]))
    assert (panic.name, panic.arguments) == ("Panic", {"code": 17})
    assert "0x11" in panic.message
    assert refusal(b"").message == "the contract refused without a reason"


@pytest.mark.parametrize(
    "revert",
    [
        b"\x01",
        b"\x01\x02\x03\x04",
        bytes.fromhex("08c379a0"),
        bytes.fromhex("08c379a0") + b"\xff" * 64,
        bytes.fromhex("4e487b71") + b"\xff",
        next(iter(known_errors())) + b"\xff" * 3,
        next(s for s, e in known_errors().items() if e.name == "GrantHasExpired") + b"\xff" * 64,
    ],
)
def test_malformed_revert_data_are_an_unknown_refusal(revert: bytes) -> None:
    error = refusal(revert)
    assert "doesn't know" in error.message
    assert error.name == f"0x{revert[:4].hex()}"


DATA = "0x4cfa3fcd"


@pytest.mark.parametrize(
    ("reason", "found", "expected"),
    [
        ("execution reverted: custom error 0x4cfa3fcd", DATA, bytes.fromhex("4cfa3fcd")),  # anvil
        ("VM Exception while processing transaction: revert", DATA, bytes.fromhex("4cfa3fcd")),
        (
            "VM Exception while processing transaction: revert",
            {"hash": None, "programCounter": 604, "result": DATA, "reason": None},  # Ganache
            bytes.fromhex("4cfa3fcd"),
        ),
        ("execution reverted", {"data": DATA}, bytes.fromhex("4cfa3fcd")),
        ("execution reverted", f"Reverted {DATA}", bytes.fromhex("4cfa3fcd")),
        ("execution reverted", "0x", b""),
        ("execution reverted", None, b""),
        ("execution reverted", ["?"], b""),
        ("execution reverted", "0xzz", None),
        ("insufficient funds", None, None),
        ("nonce too low", {}, None),
    ],
)
def test_revert_data_are_found_in_every_shape(
    reason: str, found: object, expected: bytes | None
) -> None:
    assert revert_data(RpcError("eth_call", reason, found)) == expected


def test_oversized_revert_data_are_not_parsed() -> None:
    huge = "0x" + "00" * (MAX_DATA_BYTES + 1)
    assert revert_data(RpcError("eth_call", "execution reverted", huge)) == b""


def test_a_nodes_words_are_shown_harmlessly() -> None:
    error = RpcError("eth_call", "\x1b[2J" + "x" * 10_000, None)
    assert "\x1b" not in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize("value", [None, 1, True, "", "1", "0x", "0x1g", "0x" + "1" * 65, "-0x1"])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(NodeError, match="makes no sense"):
        number(value)


@pytest.mark.parametrize("value", [None, 1, b"", "12", "0x1", "0xzz", "0x" + "00" * 31, "0x00 "])
def test_what_are_no_32_bytes_is_refused(value: object) -> None:
    with pytest.raises(NodeError, match="makes no sense"):
        data(value, 32)


def test_objects_and_lists_are_told_apart() -> None:
    with pytest.raises(NodeError):
        members([])
    with pytest.raises(NodeError):
        items({})
    assert hexadecimal(0) == "0x0"
    assert hexadecimal(b"\0") == "0x00"


@pytest.mark.parametrize("url", ["", "127.0.0.1:8545", "ftp://x", "http://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="must begin with http"):
        Endpoint(url)
