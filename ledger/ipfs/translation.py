"""Foreign exceptions of HTTP, requests and ipfshttpclient, told as the ledger's errors."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import ipfshttpclient.exceptions as foreign
import requests

from ledger.errors import DiskFull, LedgerError, NodeUnreachable, RecordUnavailable
from ledger.identifiers import shown
from ledger.ipfs.address import ApiAddress

_ABSENT = (
    "could not find",
    "not found",
    "context deadline exceeded",
    "timeout",
    "request timed out",
    "someone was looking for this block",
)
_MAX_MESSAGE = 200


class SourceError(Exception):
    """Carries an exception of the caller's own iterator through HTTP code that would swallow it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def refusal(address: ApiAddress, message: str) -> LedgerError:
    """What an error that Kubo itself answered with means here."""
    text = message.lower()
    if "no space left" in text or "disk quota" in text or "maximum storage" in text:
        return DiskFull(
            f"the disk of the IPFS node at {address} is full",
            hint="free some space there (ipfs repo gc), then run the command again",
        )
    if any(sign in text for sign in _ABSENT):
        return RecordUnavailable(f"the IPFS node at {address} does not have it")
    return LedgerError(f"the IPFS node at {address} answered: {shown(message, _MAX_MESSAGE)}")


@contextmanager
def translated(address: ApiAddress) -> Iterator[None]:
    """Let only the ledger's errors out.

    Raises:
        NodeUnreachable: no connection, or the connection broke.
        RecordUnavailable: the node does not have what it was asked for, or not in time.
        DiskFull: the node's disk is full.
        LedgerError: any other refusal by the node.
    """
    try:
        yield
    except SourceError as error:
        raise error.cause from None
    except foreign.ErrorResponse as error:
        raise refusal(address, error.args[0] if error.args else "") from error
    except (foreign.TimeoutError, TimeoutError) as error:
        raise RecordUnavailable(f"the IPFS node at {address} did not answer in time") from error
    except (
        foreign.Error,
        requests.RequestException,
        http.client.HTTPException,
        OSError,
    ) as error:
        raise NodeUnreachable(
            f"the IPFS node at {address} does not answer",
            hint="start it, or correct the IPFS address in the configuration",
        ) from error
