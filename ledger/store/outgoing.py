"""`SqlOutbox`: signed transactions, kept before they are sent, and the allocation of nonces."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from ledger.ports import CallId, Outgoing, Signed
from ledger.store.database import Database
from ledger.store.schema import outbox


class SqlOutbox:
    """`ledger.ports.OutboxStore` in a home's database, for one chain."""

    def __init__(self, database: Database, chain: bytes) -> None:
        self._database = database
        self._chain = chain

    def find(self, key: str) -> Outgoing | None:
        """Return what was signed for this key."""
        with self._database.reading() as connection:
            return self._find(connection, key)

    def sign(
        self,
        key: str,
        account: str,
        call: CallId,
        *,
        next_nonce: Callable[[], int],
        make: Callable[[int], Signed],
    ) -> Outgoing:
        """Return what was signed for this key, or sign it under the next nonce and keep it.

        Nobody else allocates a nonce meanwhile. When `next_nonce` (the chain's), `make` or the
        database fails, nothing was allocated.
        """
        with self._database.writing() as connection:
            found = self._find(connection, key)
            if found is not None:
                return found
            nonce = max(next_nonce(), self._highest(connection, account) + 1)
            signed = make(nonce)
            made = Outgoing(key, account, nonce, signed.hash, signed.raw, call, "signed")
            connection.execute(
                insert(outbox).values(
                    chain=self._chain,
                    key=key,
                    account=account,
                    nonce=nonce,
                    hash=signed.hash,
                    raw=signed.raw,
                    contract=call.contract,
                    function=call.function,
                    call=call.digest,
                    state=made.state,
                    created_at=int(time.time()),
                )
            )
        return made

    def unfinished(self, account: str, first: int, before: int) -> list[Outgoing]:
        """Return the account's unsettled transactions with nonces from `first`, below `before`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(outbox)
                .where(
                    self._of(account),
                    outbox.c.state == "signed",
                    outbox.c.nonce >= first,
                    outbox.c.nonce < before,
                )
                .order_by(outbox.c.nonce)
            ).all()
        return [_outgoing(row) for row in rows]

    def settle(self, outgoing: Outgoing, block_number: int, revert: bytes | None) -> None:
        """Note the block that has the transaction, and the revert's data where it failed."""
        with self._database.writing() as connection:
            connection.execute(
                update(outbox)
                .where(self._exactly(outgoing))
                .values(
                    state="mined" if revert is None else "reverted",
                    block_number=block_number,
                    revert=revert,
                )
            )

    def discard(self, outgoing: Outgoing) -> None:
        """Forget a transaction that can never be mined, so that its key can be signed anew."""
        with self._database.writing() as connection:
            connection.execute(delete(outbox).where(self._exactly(outgoing)))

    def sent(self, account: str) -> int:
        """How many transactions the account has sent, as far as this home knows."""
        with self._database.reading() as connection:
            return self._highest(connection, account) + 1

    def _find(self, connection: Connection, key: str) -> Outgoing | None:
        row = connection.execute(
            select(outbox).where(outbox.c.chain == self._chain, outbox.c.key == key)
        ).one_or_none()
        return None if row is None else _outgoing(row)

    def _highest(self, connection: Connection, account: str) -> int:
        query = select(func.max(outbox.c.nonce)).where(self._of(account))
        highest = connection.execute(query).scalar_one()
        return -1 if highest is None else int(highest)

    def _of(self, account: str) -> Any:
        return and_(outbox.c.chain == self._chain, outbox.c.account == account)

    def _exactly(self, outgoing: Outgoing) -> Any:
        return and_(
            outbox.c.chain == self._chain,
            outbox.c.key == outgoing.key,
            outbox.c.hash == outgoing.hash,
        )


def _outgoing(row: Row[Any]) -> Outgoing:
    call = CallId(row.contract, row.function, row.call)
    return Outgoing(row.key, row.account, row.nonce, row.hash, row.raw, call, row.state, row.revert)
