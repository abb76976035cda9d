"""The department's agent: it releases keys to grantees, day and night, and never without a trace.

A round looks at final blocks only and can be repeated: whatever a crash interrupts, the next round
finishes. A wrapped key is stored before
its digest goes on the chain, and published only once that transaction is final, so a release that
reverts has disclosed nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ledger.client.datakeys import open_data_key
from ledger.client.session import Because, Session
from ledger.envelope.binding import transfer_wrap_info
from ledger.envelope.wrap import wrap_key
from ledger.errors import ContractError, IntegrityError, NodeUnreachable, StaleHead, WaitTimeout
from ledger.events import TransferState
from ledger.models import ReasonCode
from ledger.ports import Wrap
from ledger.provenance import Transfer
from ledger.records import digest

Report = Callable[..., None]
"""Called as `report(event, **fields)`; never with a secret."""

# A refusal that no later round can turn: the grantee is told so. Everything else is tried again.
_DECLINED_FOR = {
    "GrantDoesNotHold": ReasonCode.GRANT_DOES_NOT_HOLD,
    "VersionIsWithdrawn": ReasonCode.SUPERSEDED,
    "DatasetIsWithdrawn": ReasonCode.NO_LONGER_NEEDED,
    "DepartmentIsSuspended": ReasonCode.GRANT_DOES_NOT_HOLD,
}
_KEY_LOST = "The key of this version was lost with the machine that published it."
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True)
class Round:
    """What one round did."""

    block: int
    released: int = 0
    declined: int = 0
    waiting: int = 0


class Agent:
    """Serves the transfers that others opened of this department's datasets."""

    def __init__(self, session: Session, report: Report) -> None:
        self._session = session
        self._report = report

    def run(
        self,
        stop: threading.Event,
        *,
        poll_s: float,
        on_round: Callable[[Round], None],
    ) -> None:
        """Work until `stop` is set; a node that is away is waited for.

        Raises:
            LedgerError: something that no waiting mends: a wrong chain, passphrase or disk.
        """
        pause = poll_s
        while not stop.is_set():
            try:
                on_round(self.step())
                pause = poll_s
            except (NodeUnreachable, StaleHead, WaitTimeout) as error:
                self._report("waiting", reason=error.message)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            stop.wait(pause)

    def step(self) -> Round:
        """One round over everything that waits.

        Raises:
            NodeError: a node is away, stale or wrong.
            LedgerError: anything that isn't one transfer's own trouble.
        """
        state = self._session.state()
        block = self._session.chain.head().number
        me = self._session.me().id
        self._publish_wraps()
        counts = {"released": 0, "declined": 0, "waiting": 0}
        for transfer in list(state.transfers.values()):
            if state.datasets[transfer.dataset].owner == me and _to_serve(transfer):
                counts[self._serve(transfer)] += 1
        return Round(block, **counts)

    def _serve(self, transfer: Transfer) -> str:
        try:
            if self._key_is_lost(transfer):
                self._decline(transfer, ReasonCode.KEY_UNAVAILABLE, _KEY_LOST)
                return "declined"
            return "released" if self._release(transfer) else "waiting"
        except ContractError as error:
            code = _DECLINED_FOR.get(error.name)
            if code is None or transfer.state is not TransferState.OPENED:
                self._report("not released", transfer=transfer.id, reason=error.message)
                return "waiting"
            self._decline(transfer, code, error.message)
            return "declined"
        except IntegrityError as error:
            # A receiver that published a malformed key, say, shall not stop what others are due.
            self._report("not released", transfer=transfer.id, reason=error.message)
            return "waiting"

    def _release(self, transfer: Transfer) -> bool:
        attempt = 1 if transfer.state is TransferState.DISPUTED else 0
        stored = self._session.store.wrap(transfer.id, attempt)
        if stored is not None:
            # Its transaction may have been sent before a crash, so it is settled before any other
            # is made.
            try:
                self._record(transfer, stored)
            except ContractError as error:
                if error.name != "KeyNotCurrent":
                    raise
            else:
                return True
        wrap = self._fresh_wrap(transfer, attempt)
        if wrap is None:
            return False
        self._session.store.save_wrap(wrap)
        self._record(transfer, wrap)
        return True

    def _record(self, transfer: Transfer, wrap: Wrap) -> None:
        session = self._session
        dataset = session.state().datasets[transfer.dataset]
        named = digest(wrap.wrapped)
        session.act(
            "agent",
            "TransferLog",
            "release",
            transfer.id,
            dataset.version(transfer.version).manifest,
            wrap.key_number,
            named,
            key=f"release:{transfer.id}:{named.hex()}",
        )
        self._publish(wrap)
        self._report("released", transfer=transfer.id, key_number=wrap.key_number)

    def _fresh_wrap(self, transfer: Transfer, attempt: int) -> Wrap | None:
        session = self._session
        receiver = session.state().departments[transfer.receiver]
        key = receiver.current_key(session.now())
        version = session.state().datasets[transfer.dataset].version(transfer.version)
        data_key = open_data_key(session, transfer.dataset, transfer.version, version.manifest)
        if key is None or data_key is None:
            lacking = (
                "the receiver has no encryption key" if key is None else "its data key is not here"
            )
            self._report("not released", transfer=transfer.id, reason=lacking)
            return None
        info = transfer_wrap_info(session.deployment, transfer.id, receiver.code, key.number)
        wrapped = wrap_key(key.public_key, data_key, info)
        return Wrap(transfer.id, attempt, key.number, wrapped, published=False)

    def _key_is_lost(self, transfer: Transfer) -> bool:
        """Whether a version came after the backup that this home was restored from."""
        session = self._session
        version = session.state().datasets[transfer.dataset].version(transfer.version)
        kept = session.store.data_key(transfer.dataset, transfer.version, version.manifest)
        opened = transfer.state is TransferState.OPENED
        return opened and kept is None and session.store.restored() is not None

    def _decline(self, transfer: Transfer, code: ReasonCode, why: str) -> None:
        self._session.decide_because(
            "transfer decline",
            "TransferLog",
            "decline",
            transfer.id,
            because=Because(code, why),
            capability="agent",
        )
        self._report("declined", transfer=transfer.id, reason=why)

    def _publish_wraps(self) -> None:
        """After a crash between a release and its wrap's publication: the same bytes."""
        released = {
            transfer.wrap
            for transfer in self._session.state().transfers.values()
            if transfer.state is not TransferState.OPENED
        }
        for wrap in self._session.store.unpublished_wraps():
            if digest(wrap.wrapped) in released:
                self._publish(wrap)

    def _publish(self, wrap: Wrap) -> None:
        self._session.ipfs.put_block(wrap.wrapped)
        self._session.store.save_wrap(
            Wrap(wrap.transfer, wrap.attempt, wrap.key_number, wrap.wrapped, published=True)
        )


def _to_serve(transfer: Transfer) -> bool:
    disputed = transfer.state is TransferState.DISPUTED and not transfer.cured
    return transfer.state is TransferState.OPENED or disputed
