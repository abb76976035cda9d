"""A department's secrets: its private keys by number, its archive key. Sealed at rest elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ledger.envelope.binding import SecretKey
from ledger.envelope.wrap import PrivateKey
from ledger.errors import InputError, NotFound
from ledger.identifiers import KeyNumber
from ledger.recordmodel import Digest32, Number32, Part, RecordModel


@dataclass(frozen=True)
class Keyset:
    """Private keys, to open what was wrapped for the department; an archive key, for its own data.

    `pending` was generated and not yet published, so the chain has given it no number. `former` is
    the archive key that is being replaced: what it sealed hasn't been sealed anew yet.
    """

    archive: SecretKey = field(repr=False)
    keys: Mapping[KeyNumber, PrivateKey] = field(repr=False)
    pending: PrivateKey | None = field(default=None, repr=False)
    former: SecretKey | None = field(default=None, repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A fresh archive key and one private key that waits to be published."""
        return cls(archive=SecretKey.generate(), keys={}, pending=PrivateKey.generate())

    def key(self, number: int) -> PrivateKey:
        """The private key of this number.

        Raises:
            NotFound: this department does not hold it.
        """
        try:
            return self.keys[KeyNumber(number)]
        except KeyError:
            raise NotFound(
                f"there is no encryption key number {number} here",
                hint="it may be in a backup: ledger backup restore",
            ) from None

    def with_pending(self) -> Self:
        """With a fresh key that waits to be published; one that waits already is kept."""
        return self._with(self.keys, self.pending or PrivateKey.generate())

    def numbered(self, number: int) -> Self:
        """With the pending key under the number that the chain gave it.

        Raises:
            InputError: none is pending, or the number is taken.
        """
        if self.pending is None:
            raise InputError("no encryption key waits to be published")
        if KeyNumber(number) in self.keys:
            raise InputError(f"there is an encryption key number {number} already")
        return self._with({**self.keys, KeyNumber(number): self.pending}, None)

    def without(self, number: int) -> Self:
        """Without this key; what was wrapped for it can then not be opened any more."""
        return self._with({n: k for n, k in self.keys.items() if n != number}, self.pending)

    def with_fresh_archive(self) -> Self:
        """With a fresh archive key and the present one as the former; a change that was begun is
        kept.
        """
        if self.former is not None:
            return self
        return replace(self, archive=SecretKey.generate(), former=self.archive)

    def without_former(self) -> Self:
        """Without the archive key that was replaced; what it sealed can then not be opened."""
        return replace(self, former=None)

    def to_bytes(self) -> bytes:
        """All secrets in the clear, as canonical JSON: only for sealing."""
        keys = tuple(
            _StoredKey(number=number, seed=key.seed) for number, key in sorted(self.keys.items())
        )
        pending = self.pending.seed if self.pending else None
        former = self.former.value if self.former else None
        return _StoredKeyset(
            archive=self.archive.value, keys=keys, pending=pending, former=former
        ).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            RecordError: it is something else.
        """
        stored = _StoredKeyset.from_bytes(data)
        return cls(
            archive=SecretKey(stored.archive),
            keys={KeyNumber(key.number): PrivateKey(key.seed) for key in stored.keys},
            pending=PrivateKey(stored.pending) if stored.pending else None,
            former=SecretKey(stored.former) if stored.former else None,
        )

    def _with(self, keys: Mapping[KeyNumber, PrivateKey], pending: PrivateKey | None) -> Self:
        return replace(self, keys=keys, pending=pending)


class _StoredKey(Part):
    number: Number32
    seed: Annotated[Digest32, Field(repr=False)]


class _StoredKeyset(RecordModel):
    TYPE: ClassVar[str] = "sharing-ledger/v1/keyset"

    type: Literal["sharing-ledger/v1/keyset"] = "sharing-ledger/v1/keyset"
    archive: Annotated[Digest32, Field(repr=False)]
    keys: Annotated[tuple[_StoredKey, ...], Field(repr=False)]
    pending: Annotated[Digest32 | None, Field(repr=False)] = None
    former: Annotated[Digest32 | None, Field(repr=False)] = None

    @model_validator(mode="after")
    def _each_number_once(self) -> Self:
        numbers = [key.number for key in self.keys]
        if numbers != sorted(set(numbers)):
            raise ValueError("a key number is there twice, or out of order")
        return self
