"""Requests: what a department asks for, and what the owner answers."""

from __future__ import annotations

from ledger.client.asking import Asking
from ledger.client.deciding import Deciding
from ledger.client.grants import of_dataset
from ledger.provenance import Grant


class Requests(Asking, Deciding):
    """All verbs of requests, those of the requester and those of the owner."""

    def list(self, *, dataset: str | None = None) -> list[Grant]:
        """Requests by number, of all members, whatever became of them.

        Raises:
            NotFound: no such dataset.
        """
        return of_dataset(self._session, dataset)

    def show(self, number: int) -> Grant:
        """One request or grant.

        Raises:
            NotFound: there is none of this number.
        """
        return self._session.state().grant(number)
