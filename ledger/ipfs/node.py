"""One Kubo node behind its HTTP API: small calls by ipfshttpclient, bodies by streams."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import ipfshttpclient

from ledger.errors import IntegrityError, LedgerError, RecordError, RecordUnavailable
from ledger.http import bounded_json
from ledger.identifiers import parse_cid, record_cid, shown
from ledger.ipfs.address import ApiAddress
from ledger.ipfs.streams import Streams
from ledger.ipfs.translation import translated
from ledger.records import MAX_RECORD_BYTES

# Stated in full, so that a node's own import settings cannot change the shape of a payload.
_ADD: Final = {
    "chunker": "size-1048576",
    "cid-version": "1",
    "hash": "sha2-256",
    "inline": "false",
    "max-file-links": "174",
    "pin": "true",
    "progress": "false",
    "raw-leaves": "true",
    "trickle": "false",
    "wrap-with-directory": "false",
}
# ipfshttpclient passes urllib3 a parameter that 2.x ignores; users can do nothing about it.
warnings.filterwarnings("ignore", "The 'strict' parameter is no longer", FutureWarning)

_PUT: Final = {"cid-codec": "raw", "mhtype": "sha2-256", "pin": "true"}
# Routing over the public network; the other kinds ("none", "dht", …) reach only the own swarm.
_PUBLIC_ROUTING: Final = ("auto", "autoclient", "delegated", "custom")
_PUBLIC_BOOTSTRAP: Final = re.compile(r"auto$|bootstrap\.libp2p\.io|104\.131\.131\.82")
_CALL_TIMEOUT_S: Final = 30
# Of what isn't streamed: settings, peers, pins of a name.
_MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RepoStat:
    """The size of a node's repository and the limit that it is configured with, in bytes."""

    size_bytes: int
    capacity_bytes: int


class KuboNode:
    """The calls of one node; see `ledger.ports.Ipfs` for what each promises."""

    def __init__(self, address: ApiAddress, *, absent_after_s: float) -> None:
        self.address = address
        self._absent_after_s = absent_after_s
        self._patience = {"timeout": f"{absent_after_s:g}s"}
        # Kubo gives up first and says so; the socket's timeout is for a node that hangs.
        self._streams = Streams(address, silence_timeout_s=absent_after_s + 5)
        self._client = ipfshttpclient.Client(address.multiaddr, timeout=_CALL_TIMEOUT_S)
        session = self._client._client._session_props
        # The node is always spoken to directly, as by the streams, whatever HTTP_PROXY says.
        session["trust_env"] = False
        session["hooks"] = bounded_json(_MAX_ANSWER_BYTES)

    def version(self) -> str:
        """The version that the node gives itself."""
        return str(self._ask(self._client.version).get("Version", ""))[:40]

    def put_block(self, data: bytes) -> bytes:
        """Store and pin one raw block."""
        digest = hashlib.sha256(data).digest()
        answered = self._streams.upload("block/put", [data], _PUT)
        if answered != record_cid(digest):
            raise IntegrityError(
                f"the IPFS node at {self.address} stored {shown(answered)}, "
                f"expected {record_cid(digest)}"
            )
        return digest

    def get_block(self, digest: bytes) -> bytes:
        """Fetch one raw block; reading stops as soon as it is larger than a record may be."""
        data = bytearray()
        options = {"arg": record_cid(digest), **self._patience}
        pieces = self._streams.download("block/get", options)
        for piece in pieces:
            data += piece
            if len(data) > MAX_RECORD_BYTES:
                pieces.close()
                raise RecordUnavailable(
                    f"record {digest.hex()} is larger than {MAX_RECORD_BYTES:,} bytes"
                )
        if hashlib.sha256(data).digest() != digest:
            raise IntegrityError(
                f"the IPFS node at {self.address} sent other bytes than record {digest.hex()}"
            )
        return bytes(data)

    def has_block(self, digest: bytes) -> bool:
        """Tell whether the block is in the node's own repository."""
        try:
            self._ask(self._client.block.stat, record_cid(digest), offline=True)
        except RecordUnavailable:
            return False
        return True

    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:
        """Stream one payload in, pinned under a name."""
        cid = parse_cid(self._streams.upload("add", chunks, {**_ADD, "pin-name": name}))
        # Kubo names the CID before it pins: a failure between the two is in no part of its answer.
        # And a Kubo that knows no `pin-name` ignores it.
        if self._pin_names(cid).get(cid) != name:
            raise LedgerError(
                f"the IPFS node at {self.address} did not pin the payload under its name",
                hint="look at the node's log, free disk space and version (ledger doctor), then "
                "run the command again",
            )
        return cid

    def pinned(self, name: str) -> list[str]:
        """List what is pinned under a name."""
        # Kubo lists names that contain this one.
        found = self._pin_names(name=name).items()
        return [parse_cid(cid) for cid, given in found if given == name]

    def _pin_names(self, *cids: str, **options: str) -> dict[str, str]:
        """The names of recursive pins, by CID: of these, or of all that the options choose."""
        opts = {"names": "true", **options}
        try:
            answer = self._ask(self._client.pin.ls, *cids, type="recursive", opts=opts)
        except LedgerError as error:
            if "not pinned" not in error.message:
                raise
            return {}
        keys = _section(answer, "Keys")
        return {cid: str(_section(keys, cid).get("Name")) for cid in keys}

    def read_payload(self, cid: str, offset: int) -> Iterator[bytes]:
        """Stream one payload out."""
        # Without this, Kubo waits for a peer to bring the first block for as long as one listens.
        self._ask(self._client.block.stat, cid, opts=self._patience)
        options = {"arg": cid, "offset": str(offset)}
        yield from self._streams.download("cat", options, expect_length=True)

    def unpin(self, cid: str) -> None:
        """Remove a pin if it is there."""
        try:
            self._ask(self._client.pin.rm, cid)
        except LedgerError as error:
            if "not pinned" not in error.message:
                raise

    def repo_stat(self) -> RepoStat:
        """Ask how full the repository is."""
        found = self._ask(self._client.repo.stat, opts={"size-only": "true"})
        try:
            return RepoStat(int(found["RepoSize"]), int(found["StorageMax"]))
        except (LookupError, OverflowError, TypeError, ValueError) as error:
            raise self._unexpected() from error

    def public_contacts(self) -> list[str]:
        """List what would bring the node in touch with the public network, one line each."""
        config = self._ask(self._client.config.get)
        return [*_public_settings(config), *_strangers(config, self._peers())]

    def _peers(self) -> list[dict[str, Any]]:
        try:
            found = self._ask(self._client.swarm.peers).get("Peers") or []
        except LedgerError as error:
            # A daemon started with --offline has no peers and refuses the question.
            if "online mode" in error.message:
                return []
            raise
        if not isinstance(found, list) or not all(isinstance(peer, dict) for peer in found):
            raise self._unexpected()
        return found

    def _ask(self, call: Any, *arguments: object, **options: object) -> dict[str, Any]:
        """The JSON object that the node answers with; what is in it may be anything."""
        try:
            with translated(self.address):
                found = call(*arguments, **options).as_json()
        except (AssertionError, AttributeError, LookupError, RecordError) as error:
            # Nested too deeply; or the client's ways of failing at nothing, more than one, no text.
            raise self._unexpected() from error
        if not isinstance(found, dict):
            raise self._unexpected()
        return found

    def _unexpected(self) -> LedgerError:
        return LedgerError(f"the IPFS node at {self.address} answered something unexpected")


def _public_settings(config: dict[str, Any]) -> list[str]:
    found = [
        f"Bootstrap has the public peer {shown(str(peer))}"
        for peer in _listed(config, "Bootstrap")
        if _PUBLIC_BOOTSTRAP.search(str(peer))
    ]
    routing = str(_section(config, "Routing").get("Type") or "auto")
    if routing in _PUBLIC_ROUTING:
        found.append(f"Routing.Type is '{routing}', expected 'none' or 'dht'")
    # Kubo takes a missing setting for true.
    if _section(config, "AutoConf").get("Enabled") is not False:
        found.append("AutoConf.Enabled is not false")
    return found


def _strangers(config: dict[str, Any], peers: list[dict[str, Any]]) -> list[str]:
    listed = str(config.get("Bootstrap")) + str(_section(config, "Peering").get("Peers"))
    return [
        f"connected to {shown(str(peer.get('Addr')))}, "
        "which is neither in Bootstrap nor in Peering.Peers"
        for peer in peers
        if str(peer.get("Peer")) not in listed and _is_public(str(peer.get("Addr")))
    ]


def _is_public(multiaddr: str) -> bool:
    parts = multiaddr.split("/")
    try:
        return ipaddress.ip_address(parts[2]).is_global
    except (IndexError, ValueError):
        return True


def _section(config: dict[str, Any], name: str) -> dict[str, Any]:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def _listed(config: dict[str, Any], name: str) -> list[Any]:
    found = config.get(name)
    return found if isinstance(found, list) else []
