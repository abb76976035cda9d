"""Values that may occur once: eight bytes per row in the first pass, exact in the second."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import polars as pl

from ledger.identifiers import shown
from ledger.tables.columns import keys
from ledger.tables.problems import Problems
from ledger.tables.reading import Batch
from ledger.tableschema import TableField


@dataclass
class UniqueRule:
    """One column that is unique, or the columns of the primary key."""

    positions: tuple[int, ...]
    fields: tuple[TableField, ...]
    # Hashes are only a sieve; a seed of its own for each run keeps crafted collisions rare.
    _seed: int = field(default_factory=lambda: secrets.randbits(63), repr=False)
    _hashes: list[pl.Series] = field(default_factory=list, repr=False)
    _suspects: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64), repr=False)
    _first_rows: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The columns' names, for messages."""
        return ", ".join(column.name for column in self.fields)

    def note(self, columns: list[pl.Series]) -> None:
        """Take one batch of the first pass; cells that don't fit their type must be null."""
        self._hashes.append(self._keys(columns).drop_nulls().hash(self._seed))

    def has_suspects(self) -> bool:
        """End the first pass: whether any value may have occurred twice."""
        if self._hashes:
            hashes = pl.concat(self._hashes).sort()
            self._hashes.clear()
            self._suspects = hashes.filter(hashes == hashes.shift(1)).unique()
        return not self._suspects.is_empty()

    def find(self, batch: Batch, columns: list[pl.Series], problems: Problems) -> None:
        """Take one batch of the second pass and name the rows that repeat a value."""
        found = self._keys(columns)
        suspect = found.hash(self._seed).is_in(self._suspects.implode()) & found.is_not_null()
        for index in suspect.arg_true():
            key, number = found[index], batch.numbers[index]
            first = self._first_rows.setdefault(key, number)
            if first != number:
                cells = [shown(batch.columns[position][index]) for position in self.positions]
                problems.add(
                    number, f"{', '.join(cells)} occurs already in row {first}", column=self.name
                )

    def _keys(self, columns: list[pl.Series]) -> pl.Series:
        parts = [
            keys(column.type, columns[position])
            for position, column in zip(self.positions, self.fields, strict=True)
        ]
        if len(parts) == 1:
            return parts[0]
        # Lengths keep ("a", "bc") and ("ab", "c") apart.
        lengths = [part.str.len_bytes().cast(pl.String) for part in parts]
        return pl.select(pl.concat_str([*lengths, *parts], separator=":")).to_series()
