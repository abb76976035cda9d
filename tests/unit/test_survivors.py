"""The list of mutants that survive keeps what people wrote, and knows a mutant by its change."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts.assurance import survivors
from scripts.assurance.survivors import (
    BIG_ENDIAN,
    CAST,
    SAME_CODEC,
    SENTENCES,
    STRICT,
    UNEXPLAINED,
    Module,
    is_sentence,
    known_reason,
    read,
    record,
    written,
)

MUTATED = """
def x_f__mutmut_orig(a):
    return a + 1
def x_f__mutmut_1(a):
    return a - 1
def x_f__mutmut_2(a):
    return a + 2
class C:
    def xǁCǁg__mutmut_orig(self):
        raise InputError("too much", hint="take less")
    def xǁCǁg__mutmut_1(self):
        raise InputError("XXtoo muchXX", hint="take less")
    def xǁCǁg__mutmut_2(self):
        raise InputError("too much")
"""
MADE = [
    *(f"ledger.toy.x_f__mutmut_{number}" for number in (1, 2)),
    *(f"ledger.toy.xǁCǁg__mutmut_{number}" for number in (1, 2)),
]


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger/toy.py").write_text(MUTATED)
    document = tmp_path / "mutation.md"
    document.write_text("# Mutants\n\nAn introduction.\n")
    monkeypatch.setattr(survivors, "DOCUMENT", document)
    return document


def test_what_survives_is_listed_by_function_and_change(document: Path) -> None:
    record(document.parent, ["ledger.toy"], MADE, set(MADE), set(MADE) - {MADE[1]})
    assert document.read_text() == (
        "# Mutants\n\nAn introduction.\n\n"
        "| module | mutants | killed | share |\n|---|---:|---:|---:|\n"
        "| `ledger.toy` | 4 | 1 | 25.0% |\n| together | 4 | 1 | 25.0% |\n\n"
        "## `ledger.toy`\n\n"
        "Not explained yet:\n\n- `f`: `return a + 1` → `return a - 1`\n\n"
        f"{SENTENCES}\n\n"
        "- `C.g`: `raise InputError('too much', hint='take less')` … (×2)\n"
    )


def test_an_explanation_stays_with_its_mutant_and_goes_with_it(document: Path) -> None:
    record(document.parent, ["ledger.toy"], MADE, set(MADE), {MADE[0], MADE[1]})
    text = document.read_text()
    document.write_text(text.replace(UNEXPLAINED, "It makes no difference\nhere:"))
    record(document.parent, ["ledger.toy"], MADE, set(MADE), {MADE[1]})
    _, known = read(document.read_text())
    assert known["ledger.toy"].survivors == {
        "It makes no difference here:": ["`f`: `return a + 1` → `return a + 2`"]
    }
    assert "a - 1" not in document.read_text()


def test_a_module_that_was_not_tried_to_its_end_stays_as_it_was(document: Path) -> None:
    record(document.parent, ["ledger.toy"], MADE, set(MADE), set())
    before = document.read_text()
    record(document.parent, ["ledger.toy"], MADE, set(MADE[1:]), set(MADE[1:]))
    assert document.read_text() == before


def test_what_is_written_is_read() -> None:
    modules = {
        "ledger.a": Module(2_000, 1_998, {"Why:": ["`f`: `x` → `y`"] * 2}),
        "ledger.b": Module(3, 3, {}),
    }
    assert read(written("# Head", modules)) == ("# Head\n", modules)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("text.encode('utf-8')", "text.encode('UTF-8')", SAME_CODEC),
        ("n.to_bytes(2, 'big')", "n.to_bytes(2)", BIG_ENDIAN),
        ("zip(a, b, strict=True)", "zip(a, b, strict=False)", STRICT),
        ("zip(a, b, strict=True)", "zip(a, b)", STRICT),
        ("f(cast('Any', a))", "f(cast(None, a))", CAST),
        ("n.to_bytes(2, 'big')", "n.to_bytes(3, 'big')", UNEXPLAINED),
        ("f('a')", "f('A')", UNEXPLAINED),
    ],
)
def test_some_reasons_show_in_the_change(old: str, new: str, why: str) -> None:
    assert known_reason(old, new) == why


@pytest.mark.parametrize(
    ("original", "mutated", "expected"),
    [
        ("raise E('a b')", "raise E('XXa bXX')", True),
        ("raise E(f'a {b}')", "raise E(None)", True),
        ("raise E('a', hint='b')", "raise E('a')", True),
        ("raise E('a', hint='b')", "raise E('a', hint=None)", True),
        ("return IntegrityError('a')", "return IntegrityError('A')", True),
        ("raise E('a', name='b')", "raise E('a', name='B')", False),
        ("raise E('a', name='b')", "raise E('a')", False),
        ("return F('a')", "return F('A')", False),
        ("if a: raise E('a')", "if not a: raise E('a')", False),
        ("raise E('a')", "raise F('a')", False),
    ],
)
def test_the_words_of_errors_are_told_from_the_rest(
    original: str, mutated: str, expected: bool
) -> None:
    assert is_sentence(ast.parse(original), ast.parse(mutated)) is expected
