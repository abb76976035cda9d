"""Wrapped keys on their way into IPFS."""

from __future__ import annotations

from dataclasses import replace

from ledger.client.session import Session
from ledger.ports import Wrap


def publish_wrap(session: Session, wrap: Wrap) -> None:
    """Put a wrap into IPFS whose release is final; the same again is a no-op."""
    # Kept first: whatever ends this process, the agent publishes what isn't published yet.
    kept = session.store.wrap(wrap.transfer, wrap.attempt)
    if kept is None or kept.wrapped != wrap.wrapped:
        session.store.save_wrap(wrap)
    session.ipfs.put_block(wrap.wrapped)
    session.store.save_wrap(replace(wrap, published=True))
