"""The programs that the ledger runs but does not contain: Node, Ganache, anvil, Kubo, solc.

Only what obtains, finds or calls such a program may be put in this package.
"""

from __future__ import annotations

from ledger.toolchain.programs import Programs, locate, obtain

__all__ = ["Programs", "locate", "obtain"]
