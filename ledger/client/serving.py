"""What the agent delivers, by kind: which transfers are due, and the payload and key of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from ledger.client.session import Session
from ledger.client.versionsecrets import DOCUMENTS, secrets_of
from ledger.envelope.binding import (
    SecretKey,
    WrapInfo,
    nonce_wrap_info,
    transfer_wrap_info,
)
from ledger.errors import RefusedError
from ledger.events import TransferState
from ledger.identifiers import Code, Digest
from ledger.models import Manifest, ReasonCode
from ledger.provenance import Transfer


@dataclass(frozen=True)
class Delivery:
    """What a release names, and the key that it gives."""

    manifest: Digest
    key: SecretKey | None = field(repr=False)
    """None where this home doesn't have it."""
    call: Literal["release", "releaseTagged", "resend"] = "release"
    more: tuple[Any, ...] = ()
    """What the call takes besides: whom an answer is about."""


class UndeliverableError(RefusedError):
    """What no later round can deliver: the grantee is told why."""

    def __init__(
        self,
        code: ReasonCode,
        message: str,
        *,
        grounds: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Every member reads `message`; `grounds` are sealed to the receiver and the auditors;
        `detail` is for the owner's log.
        """
        super().__init__(message)
        self.code = code
        self.grounds = grounds
        self.detail = detail


class Server(Protocol):
    """Delivers one kind of payload."""

    def due(self, transfer: Transfer) -> bool:
        """Whether the agent is to release it, or once more after a dispute."""
        ...

    def delivery(self, transfer: Transfer) -> Delivery | None:
        """What to release, made ready now if it isn't yet; the same each time.

        None where it is left for a later round.

        Raises:
            UndeliverableError: it can never be; only of what was not released yet.
            ProviderError: what answers the service failed for now.
            IntegrityError: what is stored or fetched for it was altered.
        """
        ...

    def wrap_info(self, transfer: Transfer, receiver: Code, key_number: int) -> WrapInfo:
        """What its key is wrapped for."""
        ...

    def released(self, transfer: Transfer) -> None:
        """Its release is on the chain."""
        ...

    def settle(self) -> None:
        """End what a crash left of transfers that are released or declined."""
        ...


class VersionServer:
    """Delivers versions, each with its own manifest and data key."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, transfer: Transfer) -> bool:
        """Whether it was opened, or is disputed and wasn't released again."""
        return transfer.state is TransferState.OPENED or curable(transfer)

    def delivery(self, transfer: Transfer) -> Delivery:
        """The version's own manifest and key."""
        assert transfer.whole_version is not None  # noqa: S101 - the kind says so
        dataset, number = transfer.whole_version
        version = self._session.state().datasets[dataset].version(number)
        secrets = secrets_of(self._session, dataset, number, version.manifest)
        return Delivery(version.manifest, secrets.key if secrets else None)

    def wrap_info(self, transfer: Transfer, receiver: Code, key_number: int) -> WrapInfo:
        """Bound to the transfer."""
        return transfer_wrap_info(self._session.deployment, transfer.id, receiver, key_number)

    def released(self, transfer: Transfer) -> None:
        """Nothing was made for this transfer alone."""

    def settle(self) -> None:
        """Nothing is left of any."""


_CURED_BY_WRAPPING: Final = (ReasonCode.KEY_UNAVAILABLE, ReasonCode.PAYLOAD_UNAVAILABLE)


class DocumentServer:
    """Sends documents once more whose receiver couldn't get key or payload; the rest people do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, transfer: Transfer) -> bool:
        """Whether the same payload with a fresh wrap may be what the receiver needs."""
        why = transfer.decision
        return curable(transfer) and why is not None and why.code in _CURED_BY_WRAPPING

    def delivery(self, transfer: Transfer) -> Delivery:
        """The document as it was sent."""
        assert transfer.manifest is not None  # noqa: S101 - a document is released as it is sent
        secrets = secrets_of(self._session, *DOCUMENTS, transfer.manifest)
        return Delivery(transfer.manifest, secrets.key if secrets else None, "resend")

    def wrap_info(self, transfer: Transfer, receiver: Code, key_number: int) -> WrapInfo:
        """Bound to the document's nonce."""
        assert transfer.manifest is not None  # noqa: S101 - a document is released as it is sent
        nonce = self._session.fetch_record(Manifest, transfer.manifest).encryption.nonce
        return nonce_wrap_info(self._session.deployment, nonce or b"", receiver, key_number)

    def released(self, transfer: Transfer) -> None:
        """Nothing was made for it that isn't kept."""

    def settle(self) -> None:
        """Nothing is left of any."""


def curable(transfer: Transfer) -> bool:
    """Whether its one further release is still to come."""
    return transfer.state is TransferState.DISPUTED and not transfer.cured
