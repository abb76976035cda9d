"""The CID of a payload; the values are those of `ipfs add --raw-leaves` of Kubo 0.42."""

from __future__ import annotations

import pytest

from ledger import unixfs
from ledger.unixfs import PayloadHash

# Zeros, in chunks of 4 bytes and with 3 links to a node: five levels in a few bytes.
SMALL = {
    0: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    1: "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu",
    4: "bafkreig7h5qzqbfjf7nuavyzfxcd3v2i5j3yvxcsxreyz2afetabjoarde",
    5: "bafybeiekar22pcfbbindlm2okaufvohvgeud3us7gfypxnsmdb2ppnd76u",
    8: "bafybeidqrlmtfwfb3yv2h24jo4o4mn7mu4ur72ja7c4pctzxxcbjalx53m",
    9: "bafybeie4iwsrtskybotmwvecx37l6pqeuk2vaofpp7nhdveliypvrae4tu",
    12: "bafybeicyuxln7odx2vdrwkfj7jzrl5bhn3rnivibd4xkcbzonbmcwliy7i",
    13: "bafybeienfbmyjs24s6ah2pdhogn3xjwao5kekf6iryuwahdq5ja46a4ycy",
    24: "bafybeid7s7xxgdffzsajetei4xdgomyykoz7vsb7pdt4wpl4hybiq2m66e",
    25: "bafybeidvdvquacspglyidt7jjgkxnqqfncx7d4hgu2gausp6nvepme57oq",
    36: "bafybeie6bpfkeyphxyjb5rgfucwob25rk5lnqfoaqbhgt7w7o2oj4j4zte",
    37: "bafybeiefdlgotn7ikex6wxi56hcx3tguzbogafobzmc7l5mi2u2zpkhpq4",
    108: "bafybeifga2653h25yr6bwvbzfaxwuui2rwkrp5xv4b4vuwudpt7thlsxri",
    109: "bafybeih2zqjwixgw4elkiyo3ftmpxswzajr2ber6c2m3hfzvk5yk22rhpm",
    330: "bafybeiex3gplwxj23ijqb5yoc6erbsyajemmugzj4bdch4nxwlac5rpesm",
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unixfs, "CHUNK_BYTES", 4)
    monkeypatch.setattr(unixfs, "LINKS", 3)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", list(SMALL))
@pytest.mark.parametrize("piece", [1, 3, 4, 5, 1000])
def test_however_the_bytes_come_the_cid_is_that_of_ipfs_add(size: int, piece: int) -> None:
    found = PayloadHash()
    for start in range(0, size, piece):
        found.update(bytes(min(piece, size - start)))
    assert (found.size_bytes, found.cid()) == (size, SMALL[size])


@pytest.mark.usefixtures("small")
def test_more_bytes_may_follow_once_a_cid_was_asked_for() -> None:
    found = PayloadHash()
    cids = [found.cid()]
    for _ in range(37):
        found.update(b"\0")
        cids.append(found.cid())
    assert {size: cids[size] for size in SMALL if size < 38} == {
        size: cid for size, cid in SMALL.items() if size < 38
    }
    assert len(set(cids)) == 38


def test_a_payload_has_leaves_of_a_mebibyte() -> None:
    found = PayloadHash()
    found.update(bytes(1024 * 1024))
    assert found.cid() == "bafkreibq4fevl27rgurgnxbp7adh42aqiyd6ouflxhj3gzmcxcxzbh6lla"
    found.update(b"\0")
    assert found.cid() == "bafybeihd4yzq7n5umhjngdum4r6k2to7egxfkf2jz6thvwzf6djus22cmq"
