"""The chain adapter, over web3: contracts, outbox, logs, deployment; the names that others use."""

from __future__ import annotations

from ledger.chain.adapter import Web3Chain
from ledger.chain.deploy import Founding, deploy
from ledger.chain.outbox import Step
from ledger.chain.timecontrol import TimeControl

__all__ = ["Founding", "Step", "TimeControl", "Web3Chain", "deploy"]
