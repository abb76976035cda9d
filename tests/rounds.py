"""An agent's round that breaks off at each call of a port in turn, as crashes would."""

from __future__ import annotations

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


def break_off_at_each(
    agent: Agent, session: Session, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """Let one round break off at each call of `MAKING`, before it took effect or `after`."""
    for port, method in MAKING:
        target = getattr(session, port)
        real = getattr(target, method)

        def breaking(*given: Any, real: Any = real, **named: Any) -> Any:
            if after:
                real(*given, **named)
            raise Broken

        with monkeypatch.context() as patched:
            patched.setattr(target, method, breaking)
            with pytest.raises(Broken):
                agent.step()
