"""How a test network configures Kubo: private, offline, on loopback, without telemetry."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.errors import ToolchainError
from ledger.testnet.daemon import LOOPBACK

DAEMON = ("daemon", "--offline", "--migrate=false")

_INIT = ("init", "--empty-repo", "--profile", "server,autoconf-off,announce-off")


def environment(repository: Path) -> dict[str, str]:
    """Return the variables that every Kubo command on the repository needs."""
    return {"IPFS_PATH": str(repository), "IPFS_TELEMETRY": "off", "LIBP2P_FORCE_PNET": "1"}


def initialise(program: Path, repository: Path, environment: Mapping[str, str]) -> None:
    """Make a repository with a swarm key of its own.

    Raises:
        ToolchainError: Kubo refuses.
    """
    try:
        subprocess.run(
            [str(program), *_INIT],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=60,
        )
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()
        raise ToolchainError(f"ipfs init failed: {message}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"ipfs init failed: {error}") from error
    key = repository / "swarm.key"
    key.touch(mode=0o600)
    key.write_text(f"/key/swarm/psk/1.0.0/\n/base16/\n{secrets.token_hex(32)}\n")


def configure(repository: Path, *, api_port: int, gateway_port: int) -> None:
    """Write what makes the node private, and its ports, into its configuration."""
    path = repository / "config"
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    config["Addresses"].update(
        API=f"/ip4/{LOOPBACK}/tcp/{api_port}",
        Gateway=f"/ip4/{LOOPBACK}/tcp/{gateway_port}",
        Swarm=[],
    )
    config["Bootstrap"] = []
    config["Discovery"]["MDNS"]["Enabled"] = False
    config["Gateway"]["NoFetch"] = True
    config["Provide"] = {"Enabled": False}
    config["Routing"] = {"Type": "none"}
    config["Swarm"]["RelayClient"] = {"Enabled": False}
    config["Swarm"]["RelayService"] = {"Enabled": False}
    fresh = path.with_name("config.fresh")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(config, indent=2), encoding="utf-8")
    fresh.replace(path)
