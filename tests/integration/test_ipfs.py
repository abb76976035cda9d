"""The IPFS port's contract, tried on the in-memory twin and on a real Kubo daemon alike."""

from __future__ import annotations

import hashlib
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import (
    FileChanged,
    InputError,
    LedgerError,
    NodeUnreachable,
    RecordError,
    RecordUnavailable,
)
from ledger.identifiers import record_cid
from ledger.ipfs import KuboIpfs
from ledger.ports import Ipfs
from ledger.records import MAX_RECORD_BYTES
from ledger.unixfs import PayloadHash
from tests.ipfs_fixtures import NOWHERE, Kubo, running_kubo
from tests.twins import MemoryIpfs

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
NAME = "a publication"
ABSENT = hashlib.sha256(b"never stored").digest()
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def kubo() -> Iterator[Kubo]:
    with tempfile.TemporaryDirectory() as folder, running_kubo(Path(folder) / "repo") as daemon:
        yield daemon


@pytest.fixture(params=["twin", "kubo"])
def ipfs(request: pytest.FixtureRequest) -> Ipfs:
    if request.param == "twin":
        return MemoryIpfs()
    return KuboIpfs([request.getfixturevalue("kubo").api], absent_after_s=1)


def pieces(count: int) -> list[bytes]:
    return [os.urandom(MIB) for _ in range(count)]


def pins(kubo: Kubo) -> set[str]:
    return set(kubo.ipfs("pin", "ls", "--type=recursive").splitlines())


def test_a_block_comes_back_under_its_digest(ipfs: Ipfs) -> None:
    data = os.urandom(1000)
    digest = ipfs.put_block(data)
    assert digest == hashlib.sha256(data).digest()
    assert ipfs.get_block(digest) == data
    assert ipfs.has_block(digest)


@pytest.mark.parametrize("size", [0, 1, MAX_RECORD_BYTES])
def test_a_block_of_any_allowed_size_is_kept(ipfs: Ipfs, size: int) -> None:
    data = os.urandom(size)
    assert ipfs.get_block(ipfs.put_block(data)) == data


def test_storing_a_block_twice_changes_nothing(ipfs: Ipfs) -> None:
    assert ipfs.put_block(b"same") == ipfs.put_block(b"same")


def test_a_block_of_more_than_1_mib_is_refused(ipfs: Ipfs) -> None:
    with pytest.raises(InputError, match="1,048,576"):
        ipfs.put_block(bytes(MAX_RECORD_BYTES + 1))


def test_an_absent_block_is_unavailable(ipfs: Ipfs) -> None:
    assert not ipfs.has_block(ABSENT)
    with pytest.raises(RecordUnavailable):
        ipfs.get_block(ABSENT)


def test_a_huge_block_behind_a_digest_is_unavailable(kubo: Kubo, tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    huge.write_bytes(bytes(MAX_RECORD_BYTES + 1))
    kubo.ipfs("block", "put", "--cid-codec", "raw", str(huge))
    with pytest.raises(RecordUnavailable, match="larger"):
        KuboIpfs([kubo.api]).get_block(hashlib.sha256(huge.read_bytes()).digest())


@pytest.mark.parametrize("count", [1, 3])
def test_a_payload_comes_back(ipfs: Ipfs, count: int) -> None:
    content = pieces(count)
    cid = ipfs.add_payload(iter(content), NAME)
    assert b"".join(ipfs.read_payload(cid)) == b"".join(content)


@pytest.mark.parametrize("offset", [1, MIB, 2 * MIB + 7, 3 * MIB, 3 * MIB + 5])
def test_a_payload_is_read_from_an_offset(ipfs: Ipfs, offset: int) -> None:
    content = pieces(3)
    cid = ipfs.add_payload(content, NAME)
    assert b"".join(ipfs.read_payload(cid, offset)) == b"".join(content)[offset:]


def test_empty_pieces_do_not_end_a_payload(ipfs: Ipfs) -> None:
    cid = ipfs.add_payload([b"", b"one", b"", b"two", b""], NAME)
    assert b"".join(ipfs.read_payload(cid)) == b"onetwo"


def test_an_absent_payload_is_unavailable(ipfs: Ipfs) -> None:
    with pytest.raises(RecordUnavailable):
        next(ipfs.read_payload(record_cid(ABSENT)))


@pytest.mark.parametrize(
    "cid", ["", "/ipns/k51", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "bafk/../x", "-h"]
)
def test_a_hostile_cid_is_refused_before_anything_is_asked(ipfs: Ipfs, cid: str) -> None:
    with pytest.raises(RecordError):
        ipfs.read_payload(cid)
    with pytest.raises(RecordError):
        ipfs.unpin(cid)


def test_a_negative_offset_is_refused(ipfs: Ipfs) -> None:
    with pytest.raises(InputError):
        ipfs.read_payload(record_cid(ABSENT), -1)


def test_unpinning_twice_is_no_error(ipfs: Ipfs) -> None:
    cid = ipfs.add_payload(pieces(2), "unpinned twice")
    ipfs.unpin(cid)
    ipfs.unpin(cid)
    assert ipfs.pinned("unpinned twice") == []


def test_the_source_s_own_exception_goes_through(ipfs: Ipfs) -> None:
    def source() -> Iterator[bytes]:
        yield os.urandom(MIB)
        raise FileChanged("the file changed")

    with pytest.raises(FileChanged):
        ipfs.add_payload(source(), NAME)


def test_a_payload_is_pinned_under_its_name(ipfs: Ipfs) -> None:
    mine = [ipfs.add_payload(pieces(count), "mine") for count in (1, 3)]
    ipfs.add_payload(pieces(1), "mine too")
    ipfs.put_block(os.urandom(10))
    assert sorted(ipfs.pinned("mine")) == sorted(mine)
    assert ipfs.pinned("min") == []
    ipfs.unpin(mine[0])
    assert ipfs.pinned("mine") == mine[1:]


def test_what_is_pinned_outlives_garbage_collection(kubo: Kubo) -> None:
    ipfs = KuboIpfs([kubo.api])
    before = pins(kubo)
    cid = ipfs.add_payload(pieces(3), NAME)
    assert pins(kubo) - before == {f"{cid} recursive"}
    kubo.ipfs("repo", "gc", "-q")
    assert sum(map(len, ipfs.read_payload(cid))) == 3 * MIB
    ipfs.unpin(cid)
    assert pins(kubo) == before


def test_what_is_pinned_on_any_node_is_found(kubo: Kubo, tmp_path: Path) -> None:
    with running_kubo(tmp_path / "repo") as other:
        here = KuboIpfs([kubo.api]).add_payload([b"here"], "on two nodes")
        there = KuboIpfs([other.api]).add_payload([b"there"], "on two nodes")
        both = KuboIpfs([kubo.api, other.api])
        assert both.pinned("on two nodes") == sorted([here, there])
        assert KuboIpfs([NOWHERE, kubo.api]).pinned("on two nodes") == [here]


def test_an_interrupted_upload_leaves_no_pin(kubo: Kubo) -> None:
    def source() -> Iterator[bytes]:
        yield from pieces(3)
        raise KeyboardInterrupt

    ipfs, before = KuboIpfs([kubo.api]), pins(kubo)
    with pytest.raises(KeyboardInterrupt):
        ipfs.add_payload(source(), "interrupted")
    assert ipfs.pinned("interrupted") == []
    assert pins(kubo) == before


@pytest.mark.parametrize("sent", [0, 1, 3])
def test_a_source_that_fails_leaves_no_pin(ipfs: Ipfs, sent: int) -> None:
    def source() -> Iterator[bytes]:
        yield from pieces(sent)
        raise FileChanged("the file changed")

    with pytest.raises(FileChanged):
        ipfs.add_payload(source(), "failed")
    assert ipfs.pinned("failed") == []


def test_cids_are_those_of_ipfs_add(kubo: Kubo, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(2 * MIB + 1))
    expected = kubo.ipfs(
        "add", "-Q", "-n", "--cid-version=1", "--raw-leaves", "--chunker=size-1048576", str(file)
    )
    with file.open("rb") as source:
        chunks = iter(lambda: source.read(1000), b"")
        assert KuboIpfs([kubo.api]).add_payload(chunks, NAME) == expected


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 174 * MIB + 1])
def test_a_payload_has_the_cid_that_readers_reckon(ipfs: Ipfs, size: int) -> None:
    reckoned = PayloadHash()

    def chunks() -> Iterator[bytes]:
        for start in range(0, size, 3 * MIB):
            chunk = os.urandom(min(3 * MIB, size - start))
            reckoned.update(chunk)
            yield chunk

    cid = ipfs.add_payload(chunks(), NAME)
    assert (reckoned.size_bytes, reckoned.cid()) == (size, cid)


def test_a_nodes_own_settings_do_not_change_the_cid(tmp_path: Path) -> None:
    """With 1,024 links to a node, as a later profile of Kubo has them, readers would refuse it."""
    content = bytes(175 * MIB)
    reckoned = PayloadHash()
    reckoned.update(content)
    settings = {
        "UnixFSFileMaxLinks": 1024,
        "UnixFSChunker": "size-262144",
        "UnixFSRawLeaves": False,
    }
    with running_kubo(tmp_path / "repo", imports=settings) as node:
        assert KuboIpfs([node.api]).add_payload([content], NAME) == reckoned.cid()


def test_a_payload_that_lacks_a_piece_is_unavailable(kubo: Kubo) -> None:
    ipfs = KuboIpfs([kubo.api], absent_after_s=1)
    content = pieces(4)
    cid = ipfs.add_payload(content, NAME)
    ipfs.unpin(cid)
    kubo.ipfs("block", "rm", record_cid(hashlib.sha256(content[2]).digest()))
    with pytest.raises((RecordUnavailable, NodeUnreachable)):
        for _ in ipfs.read_payload(cid):
            pass


def test_closing_a_read_early_ends_the_request(kubo: Kubo) -> None:
    ipfs = KuboIpfs([kubo.api])
    content = pieces(8)
    reader = ipfs.read_payload(ipfs.add_payload(content, NAME))
    assert content[0].startswith(next(reader)[:1000])
    reader.close()  # type: ignore[attr-defined]
    assert ipfs.healthy()


def test_memory_stays_bounded_while_streaming(kubo: Kubo) -> None:
    ipfs = KuboIpfs([kubo.api])
    tracemalloc.start()
    try:
        cid = ipfs.add_payload((bytes(MIB) for _ in range(200)), NAME)
        received = sum(len(piece) for piece in ipfs.read_payload(cid))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received == 200 * MIB
    assert peak < 16 * MIB


def test_the_next_node_is_used_when_one_is_down(kubo: Kubo) -> None:
    ipfs = KuboIpfs([NOWHERE, kubo.api])
    assert ipfs.healthy().startswith("0.4")
    content = pieces(2)
    digest = ipfs.put_block(b"on the second node")
    cid = KuboIpfs([NOWHERE, kubo.api]).add_payload(iter(content), NAME)
    again = KuboIpfs([NOWHERE, kubo.api])
    assert b"".join(again.read_payload(cid)) == b"".join(content)
    assert again.get_block(digest) == b"on the second node"


def test_a_record_on_the_second_node_only_is_found(kubo: Kubo, tmp_path: Path) -> None:
    with running_kubo(tmp_path / "repo") as other:
        digest = KuboIpfs([kubo.api]).put_block(b"only here")
        both = KuboIpfs([other.api, kubo.api], absent_after_s=0.5)
        assert both.get_block(digest) == b"only here"
        cid = KuboIpfs([kubo.api]).add_payload([b"payload only here"], NAME)
        both = KuboIpfs([other.api, kubo.api], absent_after_s=0.5)
        assert b"".join(both.read_payload(cid)) == b"payload only here"


def test_a_read_goes_on_at_the_next_node_when_one_dies(kubo: Kubo, tmp_path: Path) -> None:
    content = pieces(64)
    with running_kubo(tmp_path / "repo") as dying:
        cid = KuboIpfs([dying.api]).add_payload(content, NAME)
        assert KuboIpfs([kubo.api]).add_payload(content, NAME) == cid
        reader = KuboIpfs([dying.api, kubo.api]).read_payload(cid)
        received = [next(reader)]
        dying.kill()
        received += reader
    assert b"".join(received) == b"".join(content)


def test_a_dead_node_is_unreachable_everywhere() -> None:
    ipfs = KuboIpfs([NOWHERE])
    for call in (
        ipfs.healthy,
        lambda: ipfs.put_block(b"x"),
        lambda: ipfs.get_block(ABSENT),
        lambda: ipfs.has_block(ABSENT),
        lambda: ipfs.add_payload([b"x"], NAME),
        lambda: list(ipfs.read_payload(record_cid(ABSENT))),
        lambda: ipfs.unpin(record_cid(ABSENT)),
        lambda: ipfs.pinned(NAME),
        ipfs.repo_stat,
        ipfs.is_private,
    ):
        with pytest.raises(NodeUnreachable) as caught:
            call()
        assert caught.value.hint


def test_a_source_is_not_touched_when_no_node_answers() -> None:
    touched = []

    def source() -> Iterator[bytes]:
        touched.append(True)
        yield b"x"

    with pytest.raises(NodeUnreachable):
        KuboIpfs([NOWHERE]).add_payload(source(), NAME)
    assert not touched


def test_a_proxy_in_the_environment_is_not_used(
    kubo: Kubo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    ipfs = KuboIpfs([kubo.api])
    assert ipfs.has_block(ipfs.put_block(b"direct"))


def test_a_private_node_is_told_from_a_public_one(kubo: Kubo, tmp_path: Path) -> None:
    assert KuboIpfs([kubo.api]).public_contacts() == []
    assert KuboIpfs([kubo.api]).is_private()
    with running_kubo(tmp_path / "repo", private=False) as public:
        ipfs = KuboIpfs([public.api])
        contacts = " ".join(ipfs.public_contacts())
        assert "Bootstrap" in contacts
        assert "Routing.Type" in contacts
        assert not ipfs.is_private()


def test_the_repository_s_size_is_told(kubo: Kubo) -> None:
    found = KuboIpfs([kubo.api.replace("/ip4/", "http://").replace("/tcp/", ":")]).repo_stat()
    assert 0 < found.size_bytes < found.capacity_bytes


def test_errors_of_the_twin_are_errors_of_the_port() -> None:
    twin = MemoryIpfs()
    digest = twin.put_block(b"record")
    twin.corrupt.add(record_cid(digest))
    with pytest.raises(LedgerError):
        twin.get_block(digest)
    twin.down = True
    with pytest.raises(NodeUnreachable):
        twin.has_block(digest)
