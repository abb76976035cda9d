"""What the events say about consents of subjects.

Only the fold changes these objects; to everybody else they are to be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.identifiers import Address, ConsentId, DatasetId, DepartmentId


@dataclass(slots=True)
class Consent:
    """A subject's yes, signed with a key of its own. Times in Unix seconds."""

    id: ConsentId
    dataset: DatasetId
    receiver: DepartmentId
    purpose: int
    """Its number; `ledger.codes.Purpose` names the known ones."""
    valid_until: int
    withdrawal: bytes
    """Keccak-256 of the 32 bytes that withdraw it."""
    signer: Address
    recorded_at: int
    withdrawn_at: int | None = None

    def in_force(self, now: int) -> bool:
        """Whether it is neither over nor withdrawn."""
        return self.withdrawn_at is None and now < self.valid_until
