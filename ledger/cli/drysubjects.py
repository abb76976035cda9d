"""What a department keeps of subjects, in a dry run."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ports import Hiding, SubjectStore


class DrySubjects:
    """`ledger.ports.SubjectStore` that reads, and notes nothing."""

    def __init__(self, subjects: SubjectStore) -> None:
        self._subjects = subjects

    def enrolment(self, index: bytes) -> bytes | None:
        """Read a sealed key."""
        return self._subjects.enrolment(index)

    def enrolments(self) -> list[tuple[bytes, bytes]]:
        """Read every sealed key."""
        return self._subjects.enrolments()

    def link(self, consent: int) -> bytes | None:
        """Read a consent's link."""
        return self._subjects.link(consent)

    def hiding(self, grant: int) -> Hiding | None:
        """Read the order to hide for a grant."""
        return self._subjects.hiding(grant)

    def save_enrolment(self, index: bytes, sealed: bytes) -> None:
        """Do nothing."""

    def forget_enrolment(self, index: bytes) -> None:
        """Do nothing."""

    def reseal(self, change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> int:  # noqa: ARG002
        """Do nothing."""
        return 0

    def save_link(self, consent: int, link: bytes) -> None:
        """Do nothing."""

    def save_hiding(self, hiding: Hiding) -> None:
        """Do nothing."""

    def end_hiding(self, grant: int) -> None:
        """Do nothing."""
