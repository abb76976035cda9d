"""What a test network needs, in one value: found without work, or obtained with it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ToolchainError
from ledger.toolchain.kubo import find_kubo, obtain_kubo
from ledger.toolchain.node_modules import find_node_modules, obtain_node_modules
from ledger.toolchain.places import Progress
from ledger.toolchain.runtimes import find_node, obtain_node


@dataclass(frozen=True)
class Programs:
    """Where the programs are: paths, and for Ganache the command that starts it."""

    node: Path
    ganache: tuple[str, ...]
    anvil: Path | None
    """None where its makers publish none for this kind of machine."""
    ipfs: Path
    node_modules: Path

    def engine(self, name: str) -> tuple[str, ...]:
        """Return the command that starts the test chain `ganache` or `anvil`.

        Raises:
            ToolchainError: there is none for this kind of machine.
        """
        if name == "ganache":
            return self.ganache
        if name == "anvil" and self.anvil is not None:
            return (str(self.anvil),)
        raise ToolchainError(
            f"the engine {name} is not available for {platform.system()} on {platform.machine()}",
            hint="Use the engine ganache.",
        )


def locate(*, development: bool = False) -> Programs | None:
    """Return the programs where all are there already, else None; nothing is installed."""
    node, ipfs = find_node(), find_kubo()
    node_modules = find_node_modules(development=development)
    if node is None or ipfs is None or node_modules is None:
        return None
    return _programs(node.program, ipfs, node_modules)


def obtain(progress: Progress, *, development: bool = False) -> Programs:
    """Return the programs, after installing what is missing into the cache folder.

    Raises:
        ToolchainError: one cannot be obtained; the hint says what to do.
    """
    node = obtain_node(progress)
    node_modules = obtain_node_modules(node, progress, development=development)
    return _programs(node.program, obtain_kubo(progress), node_modules)


def foundry_program(node_modules: Path, name: str) -> Path | None:
    """Return the binary of a Foundry tool, or None where none is published for this machine."""
    # Not its launcher from npm: that one exits with 0 when tests fail.
    program = node_modules / "@foundry-rs" / f"{name}-linux-amd64" / "bin" / name
    return program if program.exists() else None


def _programs(node: Path, ipfs: Path, node_modules: Path) -> Programs:
    return Programs(
        node=node,
        ganache=(str(node), str(node_modules / "ganache" / "dist" / "node" / "cli.js")),
        anvil=foundry_program(node_modules, "anvil"),
        ipfs=ipfs,
        node_modules=node_modules,
    )
