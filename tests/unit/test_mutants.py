"""Mutants of a contract are woven into one source, which is the original unless one is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import solcx

from ledger.toolchain import locate
from ledger.toolchain.solc import write_launcher
from scripts.assurance.mutants import (
    CHOOSER,
    CHOOSER_PATH,
    Mutant,
    Place,
    Weaver,
    mutants,
    places,
)

pytestmark = pytest.mark.compiler

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.37;\n"


class Solc:
    def __init__(self, launcher: Path) -> None:
        self._launcher = launcher

    def tree(self, body: str, **others: str) -> Any:
        sources = {"toy.sol": HEAD + body, **others}
        request = {
            "language": "Solidity",
            "settings": {"outputSelection": {"*": {"": ["ast"]}}},
            "sources": {name: {"content": content} for name, content in sources.items()},
        }
        output = solcx.compile_standard(request, solc_binary=self._launcher)
        return output["sources"]["toy.sol"]["ast"]

    def mutate(self, body: str) -> tuple[bytes, list[Place]]:
        source = (HEAD + body).encode()
        return source, places(self.tree(body), source)


@pytest.fixture(scope="module")
def solc(tmp_path_factory: pytest.TempPathFactory) -> Solc:
    programs = locate(development=True)
    assert programs, "run scripts/setup first"
    launcher = tmp_path_factory.mktemp("solc") / "solc"
    write_launcher(launcher, programs.node, programs.node_modules)
    return Solc(launcher)


def woven(source: bytes, found: list[Place], *chosen: Mutant) -> str:
    numbers = {mutant: number for number, mutant in enumerate(chosen, start=1)}
    text = Weaver(source, numbers).weave(found)
    head = HEAD + f'import {{isMutant}} from "{CHOOSER_PATH}";\n'
    assert text.startswith(head)
    return text.removeprefix(head)


def test_each_small_mistake_is_a_mutant(solc: Solc) -> None:
    source, found = solc.mutate(
        "contract C { uint256 private a; bool private b;\n"
        "function f(uint256 c) external { if (c < a) revert(); b = !b; a = c - 2; } }"
    )
    assert [mutant.describe(source) for mutant in mutants(found)] == [
        "4: c < a -> false",
        "4: < -> <=",
        "4: < -> >=",
        "4: revert(); -> (nothing)",
        "4: b = !b; -> (nothing)",
        "4: ! -> (nothing)",
        "4: a = c - 2; -> (nothing)",
        "4: - -> +",
        "4: 2 -> 2 + 1",
    ]


def test_a_condition_has_its_mutants_and_the_original_last(solc: Solc) -> None:
    source, found = solc.mutate("function f(uint256 c) pure { if (c == 1) return; }")
    assert woven(source, found, *mutants(found)) == (
        "function f(uint256 c) pure { if (( (isMutant(1)) ? (false) : ( (isMutant(2)) ? (c != 1) :"
        " ( (isMutant(3)) ? (c == 1 + 1) : c == 1)))) return; }"
    )


def test_a_statement_has_its_mutants_and_the_original_last(solc: Solc) -> None:
    source, found = solc.mutate("contract C { uint256 a; function f() external { a = a << 1; } }")
    assert woven(source, found, *mutants(found)[:2]) == (
        "contract C { uint256 a; function f() external {"
        " { if (isMutant(1)){} else { if (isMutant(2)){a = a >> 1;} else { a = a << 1;} }} } }"
    )


def test_a_condition_in_a_statement_is_mutated_within_the_original(solc: Solc) -> None:
    source, found = solc.mutate(
        "function f(uint256 c) pure returns (uint256) { return c > 1 ? c - 1 : c; }"
    )
    chosen = [mutant for mutant in mutants(found) if mutant.text in (">=", "+")]
    assert woven(source, found, *chosen) == (
        "function f(uint256 c) pure returns (uint256)"
        " { { if (isMutant(2)){return c > 1 ? c + 1 : c;} else"
        " { return ( (isMutant(1)) ? (c >= 1) : c > 1) ? c - 1 : c;} } }"
    )


def test_an_initial_value_is_mutated_in_its_declaration(solc: Solc) -> None:
    source, found = solc.mutate(
        "function f(uint256 c) pure returns (uint256) { uint256 d = c + 1; return d; }"
    )
    assert woven(source, found, mutants(found)[0]) == (
        "function f(uint256 c) pure returns (uint256)"
        " { uint256 d = ( (isMutant(1)) ? (c - 1) : c + 1); return d; }"
    )


def test_what_has_no_number_stays_as_it_is(solc: Solc) -> None:
    body = "function f(uint256 c) pure returns (uint256) { if (c < 1) return c + 1; return c; }"
    source, found = solc.mutate(body)
    assert woven(source, found) == body


def test_all_mutants_compile_together(solc: Solc) -> None:
    body = (
        "contract C { uint256[] private all; event E(uint256 a);\n"
        "function f(uint256 c) external returns (uint256 d) {\n"
        "for (uint256 i = 0; i < all.length; ++i) { if (all[i] == c && c != 0) ++d; else --d; }\n"
        "uint256[] storage same = all; same = all; same.push(c > 1 ? c - 1 : 0); emit E(d);\n"
        "return d > 0 ? d : c | 1; } }"
    )
    source, found = solc.mutate(body)
    numbers = {mutant: number for number, mutant in enumerate(mutants(found), start=1)}
    assert len(numbers) > 20
    weaver = Weaver(source, numbers)
    text = weaver.weave(found)
    solc.tree(text.removeprefix(HEAD), **{CHOOSER_PATH: CHOOSER})
    for mutant, where in weaver.spans.items():
        assert mutant.text in text.encode()[where.start : where.stop].decode()


def test_the_step_of_a_loop_and_pointers_to_storage_are_left_alone(solc: Solc) -> None:
    _, found = solc.mutate(
        "contract C { uint256[] private all; function f(uint256 c) external {\n"
        "for (;;) { break; }\n for (uint256 i; ; ++i) { break; }\n"
        "uint256[] storage same; same = all; same.push(c); } }"
    )
    assert [mutant.text for mutant in mutants(found)] == [""]
