"""The department's agent: it releases keys to grantees, day and night, and never without a trace,
and checks the receipts that come back.

A round looks at final blocks only and can be repeated: whatever a crash interrupts, the next round
finishes. A wrapped key is stored before
its digest goes on the chain, and published only once that transaction is final, so a release that
reverts has disclosed nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ledger.client import receipts
from ledger.client.answering import AnswerServer
from ledger.client.deriving import DerivedServer
from ledger.client.serving import (
    Delivery,
    DocumentServer,
    Server,
    UndeliverableError,
    VersionServer,
)
from ledger.client.session import Because, Session
from ledger.client.wraps import publish_wrap
from ledger.envelope.binding import SecretKey
from ledger.envelope.wrap import wrap_key
from ledger.errors import (
    ContractError,
    IntegrityError,
    NodeUnreachable,
    ProviderError,
    StaleHead,
    WaitTimeout,
)
from ledger.events import TransferState
from ledger.models import PayloadKind, ReasonCode
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
    "ConsentNotInForce": ReasonCode.CONSENT_UNFIT,
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
    receipts_checked: int = 0
    receipts_wrong: int = 0


class Agent:
    """Serves the transfers that others opened of this department's datasets."""

    def __init__(self, session: Session, report: Report) -> None:
        self._session = session
        self._report = report
        self._answers = AnswerServer(session)
        self._servers: dict[PayloadKind, Server] = {
            PayloadKind.VERSION: VersionServer(session),
            PayloadKind.DERIVED: DerivedServer(session),
            PayloadKind.ANSWER: self._answers,
            PayloadKind.DOCUMENT: DocumentServer(session),
        }
        self._judged: set[tuple[int, bytes]] | None = None
        """The receipts that need no look; None before the first round."""

    def require_services(self) -> None:
        """Check, before any round, that this department's services can be answered.

        Raises:
            ConfigError: what is configured for one can't answer it.
            RecordUnavailable: no node has the description of one.
        """
        for name in self._answers.require_configured():
            self._report("service without provider", dataset=name)

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
        pause, away = poll_s, False
        while not stop.is_set():
            try:
                done = self.step()
                if away:
                    self._report("working again", block=done.block)
                on_round(done)
                pause, away = poll_s, False
            except (NodeUnreachable, StaleHead, WaitTimeout) as error:
                self._report("waiting", reason=error.message)
                pause, away = min(pause * 2, _LONGEST_PAUSE_S), True
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
        for server in self._servers.values():
            server.settle()
        counts = {"released": 0, "declined": 0, "waiting": 0}
        for transfer in list(state.transfers.values()):
            server = self._servers[transfer.kind]
            if transfer.sender == me and server.due(transfer):
                counts[self._serve(transfer, server)] += 1
        verdicts = self._check_receipts(me)
        return Round(
            block,
            **counts,
            receipts_checked=verdicts["checked"],
            receipts_wrong=verdicts["wrong"],
        )

    def _serve(self, transfer: Transfer, server: Server) -> str:
        try:
            if self._key_is_lost(transfer):
                self._decline(transfer, ReasonCode.KEY_UNAVAILABLE, _KEY_LOST)
                return "declined"
            if not self._release(transfer, server):
                return "waiting"
            server.released(transfer)
            return "released"
        except UndeliverableError as error:
            if error.detail is not None:
                self._report("not answered", transfer=transfer.id, detail=error.detail)
            self._decline(transfer, error.code, error.message, grounds=error.grounds)
            return "declined"
        except ContractError as error:
            code = _DECLINED_FOR.get(error.name)
            if code is None or transfer.state is not TransferState.OPENED:
                self._report("not released", transfer=transfer.id, reason=error.message)
                return "waiting"
            self._decline(transfer, code, error.message)
            return "declined"
        except (IntegrityError, ProviderError) as error:
            # A receiver that published a malformed key, say, shall not stop what others are due.
            self._report("not released", transfer=transfer.id, reason=error.message)
            return "waiting"

    def _release(self, transfer: Transfer, server: Server) -> bool:
        delivery = server.delivery(transfer)
        if delivery is None:
            return False
        attempt = 1 if transfer.state is TransferState.DISPUTED else 0
        stored = self._session.store.wrap(transfer.id, attempt)
        if stored is not None:
            # Its transaction may have been sent before a crash, so it is settled before any other
            # is made.
            try:
                self._record(transfer, delivery, stored)
            except ContractError as error:
                if error.name != "KeyNotCurrent":
                    raise
            else:
                return True
        wrap = self._fresh_wrap(transfer, server, delivery.key, attempt)
        if wrap is None:
            return False
        self._session.store.save_wrap(wrap)
        self._record(transfer, delivery, wrap)
        return True

    def _record(self, transfer: Transfer, delivery: Delivery, wrap: Wrap) -> None:
        session = self._session
        named = digest(wrap.wrapped)
        key = f"release:{transfer.id}:{named.hex()}"
        if delivery.more:
            # Whom it is about may be hidden no longer when it is sent once more: another call.
            key += f":{digest(repr(delivery.more).encode()).hex()}"
        session.act(
            "agent",
            "TransferLog",
            delivery.call,
            transfer.id,
            delivery.manifest,
            wrap.key_number,
            named,
            *delivery.more,
            key=key,
        )
        publish_wrap(session, wrap)
        self._report("released", transfer=transfer.id, key_number=wrap.key_number)

    def _fresh_wrap(
        self, transfer: Transfer, server: Server, data_key: SecretKey | None, attempt: int
    ) -> Wrap | None:
        session = self._session
        receiver = session.state().departments[transfer.receiver]
        key = receiver.current_key(session.now())
        if key is None or data_key is None:
            lacking = (
                "the receiver has no encryption key" if key is None else "its data key is not here"
            )
            self._report("not released", transfer=transfer.id, reason=lacking)
            return None
        info = server.wrap_info(transfer, receiver.code, key.number)
        wrapped = wrap_key(key.public_key, data_key, info)
        return Wrap(transfer.id, attempt, key.number, wrapped, published=False)

    def _key_is_lost(self, transfer: Transfer) -> bool:
        """Whether a version came after the backup that this home was restored from."""
        store = self._session.store
        if transfer.state is not TransferState.OPENED or store.restored() is None:
            return False
        if transfer.dataset is None or transfer.version is None:
            return False
        version = self._session.state().datasets[transfer.dataset].version(transfer.version)
        return store.data_key(transfer.dataset, version.number, version.manifest) is None

    def _decline(
        self, transfer: Transfer, code: ReasonCode, why: str, *, grounds: str | None = None
    ) -> None:
        receiver = self._session.state().departments[transfer.receiver]
        readers = () if grounds is None else (receiver,)
        self._session.decide_because(
            "transfer decline",
            "TransferLog",
            "decline",
            transfer.id,
            because=Because(code, why, grounds, readers),
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
                publish_wrap(self._session, wrap)

    def _check_receipts(self, me: int) -> Counter[str]:
        """Check the receipts that came since, and count what was found of them."""
        session, state, verdicts = self._session, self._session.state(), Counter[str]()
        if self._judged is None:
            # What was not checkable may be by now: once a run it is looked at again.
            known = session.store.receipt_checks().items()
            self._judged = {one for one, found in known if found.verdict != "not checkable"}
        for transfer in state.transfers.values():
            tag = transfer.receipt_tag
            if transfer.sender != me or tag is None or (transfer.id, tag) in self._judged:
                continue
            found = receipts.check(session, transfer)
            receiver = state.departments[transfer.receiver].code
            reason = {"reason": found.why} if found.why else {}
            self._report(f"receipt {found.word}", transfer=transfer.id, receiver=receiver, **reason)
            # Only now: a crash before it repeats the report, and none is lost.
            session.store.save_receipt_check(transfer.id, tag, found)
            self._judged.add((transfer.id, tag))
            verdicts[found.verdict] += 1
        return verdicts
