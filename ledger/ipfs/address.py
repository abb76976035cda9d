"""Where a Kubo API listens: as a multiaddr or as a URL, both read into the same three parts."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from ledger.errors import ConfigError
from ledger.identifiers import shown

_MULTIADDR = re.compile(
    r"/(ip4|ip6|dns|dns4|dns6)/([^/]{1,253})/tcp/([0-9]{1,5})(?:/(https?))?/?", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """The address of one Kubo API."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `/ip4/127.0.0.1/tcp/5001` or `http://127.0.0.1:5001`.

        Raises:
            ConfigError: it is neither.
        """
        found: tuple[str, str, int] | None
        match = _MULTIADDR.fullmatch(text)
        if match:
            protocol, host, port, scheme = match.groups()
            fits = protocol.startswith("dns") or _ip_version(host) == int(protocol[-1])
            found = (scheme or "http", host, int(port)) if fits else None
        else:
            found = _from_url(text)
        if found is None or not 0 < found[2] < 65536 or not _is_host(found[1]):
            raise ConfigError(
                f"{shown(text)} is not the address of an IPFS API: "
                "expected /ip4/HOST/tcp/PORT or http://HOST:PORT",
                hint="Kubo writes its own into the file 'api' of its repository",
            )
        return cls(*found)

    @property
    def multiaddr(self) -> str:
        """The address as ipfshttpclient takes it."""
        version = _ip_version(self.host)
        protocol = f"ip{version}" if version else "dns"
        return f"/{protocol}/{self.host}/tcp/{self.port}/{self.scheme}"

    @property
    def url(self) -> str:
        """The address as a URL, without a path."""
        host = f"[{self.host}]" if _ip_version(self.host) == 6 else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        return self.url


def _from_url(text: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    # A user name or password in it would end up in messages and logs.
    plain = not parts.username and not parts.query and not parts.fragment
    path_is_api = parts.path.rstrip("/") in ("", "/api/v0")
    if parts.scheme not in ("http", "https") or not plain or not path_is_api or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port


def _ip_version(host: str) -> int | None:
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    return _ip_version(host) is not None or _HOST.fullmatch(host) is not None
