"""The Solidity compiler from npm, as a program that behaves like `solc`."""

from __future__ import annotations

import shlex
from pathlib import Path

_WRAPPER = Path(__file__).with_name("solc.cjs")


def write_launcher(launcher: Path, node: Path, node_modules: Path) -> None:
    """Write an executable that py-solc-x and forge can call as `solc`."""
    command = shlex.join([str(node), str(_WRAPPER), str(node_modules)])
    content = f'#!/bin/sh\nexec {command} "$@"\n'
    if launcher.exists() and launcher.read_text() == content:
        return
    fresh = launcher.with_name(f".{launcher.name}.fresh")
    fresh.write_text(content)
    fresh.chmod(0o755)
    fresh.replace(launcher)
