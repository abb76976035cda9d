"""Progress that nobody watches."""

from __future__ import annotations


class Silence:
    """`ledger.ports.Progress` and its tasks, showing nothing."""

    def start(self, label: str, total_bytes: int | None) -> Silence:  # noqa: ARG002 - the port's
        """Begin a piece of work that nobody watches."""
        return self

    def advance(self, amount: int) -> None:
        """Show nothing."""

    def done(self) -> None:
        """Show nothing."""
