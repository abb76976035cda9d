"""The two questions that tell whether a local server is up; no other traffic may be put here."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence

_TIMEOUT_S = 10.0


def json_rpc(url: str, method: str, parameters: Sequence[object] = ()) -> object:
    """Return the result of a JSON-RPC call to a local node, or None where there is none."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    body = _post(url, json.dumps(call).encode())
    try:
        answer = json.loads(body or b"null")
    except ValueError:
        return None
    return answer.get("result") if isinstance(answer, dict) else None


def answers(url: str) -> bool:
    """Whether a POST to a local address succeeds."""
    return _post(url, b"") is not None


def _post(url: str, body: bytes) -> bytes | None:
    request = urllib.request.Request(  # noqa: S310 - the address is one that we made, on loopback
        url, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    # A proxy that the machine may use is of no help on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as response:
            return bytes(response.read())
    except OSError:
        return None
