"""The IPFS adapter against addresses and nodes that are wrong, broken or hostile."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.errors import (
    ConfigError,
    DiskFull,
    IntegrityError,
    LedgerError,
    NodeUnreachable,
    RecordError,
    RecordUnavailable,
)
from ledger.identifiers import record_cid
from ledger.ipfs import KuboIpfs
from ledger.ipfs.address import ApiAddress

DATA = b"a record"
DIGEST = hashlib.sha256(DATA).digest()
Answer = Callable[[str], bytes]
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("text", "multiaddr", "url"),
    [
        ("/ip4/127.0.0.1/tcp/5001", "/ip4/127.0.0.1/tcp/5001/http", "http://127.0.0.1:5001"),
        ("/ip6/::1/tcp/5001", "/ip6/::1/tcp/5001/http", "http://[::1]:5001"),
        ("/dns4/ipfs.example/tcp/443/https", "/dns/ipfs.example/tcp/443/https", "https://ipfs.example:443"),
        ("http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001/http", "http://127.0.0.1:5001"),
        ("http://[::1]:5001/", "/ip6/::1/tcp/5001/http", "http://[::1]:5001"),
        ("https://ipfs.example/api/v0", "/dns/ipfs.example/tcp/443/https", "https://ipfs.example:443"),
    ],
)  # fmt: skip
def test_an_address_reads_both_ways(text: str, multiaddr: str, url: str) -> None:
    address = ApiAddress.parse(text)
    assert address.multiaddr == multiaddr
    assert address.url == url
    assert ApiAddress.parse(multiaddr) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "/ip4/127.0.0.1",
        "/ip4/300.0.0.1/tcp/5001",
        "/ip4/::1/tcp/5001",
        "/ip4/127.0.0.1/tcp/0",
        "/ip4/127.0.0.1/tcp/65536",
        "/ip4/127.0.0.1/udp/5001",
        "/unix/tmp/api",
        "http://",
        "http://host:port",
        "http://user:secret@host:5001",
        "http://host:5001/other",
        "http://host:5001?arg=x",
        "file:///etc/passwd",
        "http://ho st:5001",
        "/dns4/-bad-/tcp/5001",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        KuboIpfs([text])
    assert caught.value.hint


def test_an_address_is_needed() -> None:
    with pytest.raises(ConfigError):
        KuboIpfs([])


@contextmanager
def node(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[KuboIpfs]:
    """A node that sends what `answer` gives for each request's target, and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            # A client that refuses a certificate ends the connection.
            with connection, suppress(ssl.SSLError, ConnectionError):
                if tls is None:
                    _exchange(connection, answer)
                else:
                    with tls.wrap_socket(connection, server_side=True) as wrapped:
                        _exchange(wrapped, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        port = listener.getsockname()[1]
        scheme = "https" if tls else "http"
        yield KuboIpfs([f"{scheme}://127.0.0.1:{port}"], absent_after_s=0.2)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _exchange(connection: socket.socket, answer: Answer) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return
        head += part
    try:
        connection.sendall(answer(head.split(b" ", 2)[1].decode()))
        connection.shutdown(socket.SHUT_WR)
        # Until the client closes: a close with unread data would reset the connection.
        while connection.recv(65536):
            pass
    except OSError:
        pass


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def failed(message: str, status: str = "500 Internal Server Error") -> bytes:
    body = json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode()
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        JSON,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize("trusted", [True, False])
def test_a_node_behind_tls_is_spoken_to_if_its_certificate_is_trusted(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    stored = json.dumps({"Key": record_cid(DIGEST)}).encode()
    with node(lambda target: ok(stored if "block/put" in target else DATA), context) as ipfs:
        if trusted:
            assert ipfs.put_block(DATA) == DIGEST
            assert ipfs.get_block(DIGEST) == DATA
        else:
            for call in (lambda: ipfs.put_block(DATA), lambda: ipfs.get_block(DIGEST)):
                with pytest.raises(NodeUnreachable):
                    call()


def self_signed(folder: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a node")])
    names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "node.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def test_other_bytes_under_a_digest_are_found() -> None:
    with node(lambda _: ok(b"other bytes")) as ipfs, pytest.raises(IntegrityError):
        ipfs.get_block(DIGEST)


def test_a_truncated_block_is_found() -> None:
    with node(lambda _: ok(DATA[:-1])) as ipfs, pytest.raises(IntegrityError):
        ipfs.get_block(DIGEST)


def test_an_endless_block_is_not_read_to_its_end() -> None:
    with (
        node(lambda _: ok(bytes(64 * 1024 * 1024))) as ipfs,
        pytest.raises(RecordUnavailable, match="larger"),
    ):
        ipfs.get_block(DIGEST)


def test_a_node_that_names_another_cid_is_found() -> None:
    lie = json.dumps({"Key": record_cid(bytes(32)), "Size": 8}).encode()
    with node(lambda _: ok(lie)) as ipfs, pytest.raises(IntegrityError, match="stored"):
        ipfs.put_block(DATA)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"[" * 60_000, b'{"Hash": 7}'])
def test_an_upload_without_a_cid_has_failed(body: bytes) -> None:
    with node(lambda _: ok(body)) as ipfs, pytest.raises(LedgerError):
        ipfs.put_block(DATA)


def test_a_payload_s_cid_of_another_kind_is_refused() -> None:
    answer = ok(b'{"Hash": "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"}', "X: y")

    def answered(target: str) -> bytes:
        if "/version" in target:
            return ok(b'{"Version": "0.42.0"}', JSON)
        return answer

    with node(answered) as ipfs, pytest.raises(RecordError):
        ipfs.add_payload([DATA], "name")


@pytest.mark.parametrize(
    "kept",
    [
        ok(b"{}", JSON),
        ok(b'{"Keys": []}', JSON),
        ok(b'{"Keys": {"%s": {"Type": "recursive", "Name": ""}}}' % record_cid(DIGEST).encode()),
        failed(f"path '{record_cid(DIGEST)}' is not pinned"),
    ],
    ids=["nothing", "nonsense", "under no name", "not at all"],
)
def test_a_payload_that_is_not_pinned_under_its_name_has_failed(kept: bytes) -> None:
    def answered(target: str) -> bytes:
        if "/version" in target:
            return ok(b'{"Version": "0.42.0"}', JSON)
        if "/pin/ls" in target:
            return kept
        return ok(json.dumps({"Hash": record_cid(DIGEST)}).encode())

    with node(answered) as ipfs, pytest.raises(LedgerError, match="did not pin") as caught:
        ipfs.add_payload([DATA], "name")
    assert caught.value.hint


def test_a_hostile_list_of_pins_is_refused() -> None:
    listed = ok(b'{"Keys": {"../../x": {"Name": "name"}}}', JSON)
    with node(lambda _: listed) as ipfs, pytest.raises(RecordError):
        ipfs.pinned("name")


def test_a_full_disk_at_the_node_is_told() -> None:
    with (
        node(lambda _: failed("write /data: no space left on device")) as ipfs,
        pytest.raises(DiskFull) as caught,
    ):
        ipfs.put_block(DATA)
    assert caught.value.hint


NONSENSE = (
    b"", b"[]", b"7", b"null", b"{}{}", b"\xff", b"[" * 1_000_000, b'{"a":' * 100_000,
    b'{"Type": "error"}',
)  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        failed("odd"),
        failed("", "403 Forbidden"),
        b"garbage\r\n\r\n",
        *(ok(body, JSON) for body in NONSENSE),
        *(
            ok(body, JSON).replace(b"200 OK", b"500 Error", 1)
            for body in (*NONSENSE, b'{"Message": 7}', b'{"Message": []}')
        ),
    ],
    ids=lambda answer: ascii(answer[-20:]),
)
def test_any_other_failure_is_one_of_the_ledger_s_errors(answer: bytes) -> None:
    with node(lambda _: answer) as ipfs:
        for call in (
            lambda: ipfs.put_block(DATA),
            lambda: ipfs.get_block(DIGEST),
            lambda: ipfs.has_block(DIGEST),
            lambda: list(ipfs.read_payload(record_cid(DIGEST))),
            lambda: ipfs.unpin(record_cid(DIGEST)),
            lambda: ipfs.pinned("name"),
            ipfs.repo_stat,
            ipfs.public_contacts,
            ipfs.healthy,
        ):
            with pytest.raises(LedgerError) as caught:
                call()
            assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "answer", [failed("odd"), ok(b"", JSON), ok(b'{"Peers": 7}', JSON), ok(b'{"Peers": [7]}', JSON)]
)
def test_peers_that_a_node_does_not_tell_are_no_sign_of_privacy(answer: bytes) -> None:
    def answered(target: str) -> bytes:
        return answer if "/swarm/peers" in target else ok(b"{}", JSON)

    with node(answered) as ipfs, pytest.raises(LedgerError):
        ipfs.public_contacts()


@pytest.mark.parametrize(
    "config", [b'{"Bootstrap": 7}', b'{"Routing": {"Type": [1]}}', b'{"Peering": []}']
)
def test_a_node_without_a_setting_of_the_right_kind_is_not_private(config: bytes) -> None:
    def answered(target: str) -> bytes:
        return ok(b'{"Peers": null}' if "/swarm/peers" in target else config, JSON)

    with node(answered) as ipfs:
        assert "AutoConf.Enabled is not false" in ipfs.public_contacts()


@pytest.mark.parametrize(
    "found", [b"{}", b'{"RepoSize": "x"}', b'{"RepoSize": Infinity}', b'{"RepoSize": []}']
)
def test_a_repository_of_no_size_is_an_error_of_the_node(found: bytes) -> None:
    with node(lambda _: ok(found, JSON)) as ipfs, pytest.raises(LedgerError, match="unexpected"):
        ipfs.repo_stat()


def test_a_payload_that_ends_early_is_told() -> None:
    def answered(target: str) -> bytes:
        if "block/stat" in target:
            return ok(b'{"Key": "x", "Size": 8}', JSON)
        return ok(b"half", "X-Content-Length: 8")

    with node(answered) as ipfs, pytest.raises(NodeUnreachable, match="after 4 of 8 bytes"):
        list(ipfs.read_payload(record_cid(DIGEST)))


def test_a_hanging_node_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ipfs = KuboIpfs([f"http://127.0.0.1:{listener.getsockname()[1]}"], absent_after_s=-4.8)
        with pytest.raises(RecordUnavailable, match="in time"):
            ipfs.get_block(DIGEST)


def test_wrong_bytes_of_one_node_are_no_hindrance() -> None:
    with node(lambda _: ok(b"other")) as liar, node(lambda _: ok(DATA)) as honest:
        both = KuboIpfs([liar._nodes[0].address.url, honest._nodes[0].address.url])
        assert both.get_block(DIGEST) == DATA
