"""How many there are of something, in words."""

from __future__ import annotations

from ledger.words import counted, there_are


def test_one_is_no_plural_and_none_is_no_number() -> None:
    said = [counted(number, "row") for number in (0, 1, 2, 1_234)]
    assert said == ["no rows", "1 row", "2 rows", "1,234 rows"]
    said = [there_are(number) for number in (0, 1, 2)]
    assert said == ["there are none", "there is 1", "there are 2"]
