"""An agent's round that breaks off at each call of a port in turn, as crashes would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.client.session import Session

MAKING = (
    ("ipfs", "add_payload"), ("store", "save_data_key"), ("ipfs", "put_block"),
    ("store", "save_wrap"), ("chain", "transact"),
)  # fmt: skip
"""What is called, in this order, where a payload is made for one transfer and released."""


class Broken(BaseException):
    """Nothing that a program catches."""


@contextmanager
def breaking_off(
    monkeypatch: pytest.MonkeyPatch, target: object, method: str, *, after: bool
) -> Iterator[None]:
    """Let the block break off at a call of `method`, before it took effect or `after`."""
    real = getattr(target, method)

    def breaking(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(target, method, breaking)
        with pytest.raises(Broken):
            yield


def break_off_at_each(
    agent: Agent, session: Session, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """Let one round break off at each call of `MAKING`, before it took effect or `after`."""
    for port, method in MAKING:
        with breaking_off(monkeypatch, getattr(session, port), method, after=after):
            agent.step()
