"""The backup file's format: a second implementation reads it, and every damage to it is found."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.envelope.backup import BackupHeader, Entry, open_backup, seal_backup
from ledger.envelope.binding import SecretKey
from ledger.envelope.streaming import encrypt_stream
from ledger.envelope.stretching import affordable, stretch
from ledger.errors import InputError, IntegrityError, LedgerError, WrongPassphrase
from ledger.identifiers import Code

PASSPHRASE = "correct horse"
N = 2**10
CONTENTS = {"home": b"{}", "row/intents": b"", "payload/x": bytes(range(256)) * 3}

DAMAGED = "^the backup is damaged: it was altered or cut$"
NO_BACKUP = "this is no backup, or its first line was altered: "
NO_LINE = "the backup's first line is cut, or demands scrypt out of bounds"


def header(passphrase: str = PASSPHRASE) -> tuple[BackupHeader, SecretKey]:
    return BackupHeader.sealed_by(
        passphrase,
        n=N,
        department=Code("labour"),
        deployment=bytes([7]) * 32,
        generation=3,
        created_at=1_700_000_000,
    )


def sealed(contents: dict[str, bytes] = CONTENTS) -> bytes:
    made, key = header()
    entries = [Entry.of(name, content) for name, content in contents.items()]
    return b"".join(seal_backup(made, key, entries))


def opened(file: bytes, passphrase: str = PASSPHRASE) -> dict[str, bytes]:
    line, feed, rest = file.partition(b"\n")
    found = BackupHeader.from_line(line + feed)
    entries = open_backup(found, found.key(passphrase), [rest])
    return {entry.name: entry.read(10_000_000) for entry in entries}


def sealed_plaintext(plaintext: bytes) -> bytes:
    """A file whose plaintext is anything, as only one who knows the passphrase can make it."""
    made, key = header()
    return made.to_line() + b"".join(encrypt_stream(key, made.associated_data(), [plaintext]))


@pytest.mark.parametrize("n", [0, 2**9, 3_000, 2**30])
def test_a_passphrase_is_stretched_at_a_bounded_cost(n: int) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        stretch(PASSPHRASE, bytes(16), n)


@pytest.mark.parametrize("name", ["", "x" * 1_000])
def test_an_entry_is_sealed_under_a_name_that_can_be_read_again(name: str) -> None:
    with pytest.raises(ValueError, match="can't be the name of an entry"):
        sealed({name: b""})


def test_what_was_sealed_is_opened() -> None:
    assert opened(sealed()) == CONTENTS
    assert opened(sealed({})) == {}


def test_a_second_implementation_reads_it() -> None:
    """As the specification says it, from scrypt, HKDF and AES-GCM alone."""
    line, _, ciphertext = sealed().partition(b"\n")
    said = json.loads(line)
    assert said["type"] == "sharing-ledger/v1/backup"
    key = hashlib.scrypt(
        PASSPHRASE.encode(), salt=bytes.fromhex(said["salt"]), n=said["n"], r=8, p=1, dklen=32
    )
    bound = b"sharing-ledger/v1/backup" + hashlib.sha256(line).digest()
    salt, prefix = ciphertext[1:33], ciphertext[33:40]
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=bound).derive(key)
    plaintext = AESGCM(derived).decrypt(prefix + bytes(4) + b"\x01", ciphertext[40:], b"")
    assert plaintext == (
        b"\x00\x04home" + (2).to_bytes(8, "big") + b"{}"
        b"\x00\x0brow/intents" + (0).to_bytes(8, "big")
        + b"\x00\x09payload/x" + (768).to_bytes(8, "big") + CONTENTS["payload/x"]
        + b"\x00\x00"
    )  # fmt: skip


def test_entries_go_on_where_a_segment_of_the_encryption_ends() -> None:
    # The first one has the stream's header of 40 bytes, and like all others a tag of 16.
    segment = 1024 * 1024 - 40 - 16
    for before in range(1, 16):
        contents = {"long": bytes(segment - before - 14), "name": b"content"}
        assert opened(sealed(contents)) == contents


def test_an_entry_is_read_up_to_a_limit() -> None:
    assert Entry.of("home", b"12").read(2) == b"12"
    assert Entry("home", 4, [b"12", b"34"]).read(4) == b"1234"
    with pytest.raises(IntegrityError, match="'home' is too large"):
        Entry.of("home", b"123").read(2)


@pytest.mark.parametrize(("length", "refused"), [(1, 0), (255, 256)])
def test_names_of_entries_have_one_to_255_characters(length: int, refused: int) -> None:
    contents = {"n" * length: b"content"}
    assert opened(sealed(contents)) == contents
    with pytest.raises(ValueError, match="can't be the name of an entry"):
        sealed({"n" * refused: b""})


def flipped(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        for flip in (1, 0x80):
            yield data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]


def test_every_flipped_byte_of_the_first_line_is_found() -> None:
    line, _, rest = sealed().partition(b"\n")
    for altered in flipped(line + b"\n"):
        with pytest.raises((InputError, IntegrityError)):
            opened(altered + rest)


def damages(data: bytes) -> Iterator[bytes]:
    yield from flipped(data)
    yield from (data[:length] for length in range(len(data)))
    yield from (data[start:] for start in range(1, len(data)))


def test_every_flipped_byte_and_every_truncation_of_the_rest_is_found() -> None:
    line, _, rest = sealed().partition(b"\n")
    found = BackupHeader.from_line(line + b"\n")
    key = found.key(PASSPHRASE)
    for damaged in damages(rest):
        with pytest.raises(IntegrityError, match=DAMAGED) as caught:
            for _ in open_backup(found, key, [damaged]):
                pass
        assert caught.value.hint == "use another copy of it"


def test_every_truncation_of_the_first_line_is_found() -> None:
    line, _, _ = sealed().partition(b"\n")
    for length in range(len(line) + 1):
        with pytest.raises(InputError, match=f"^({NO_BACKUP}.*|{NO_LINE})$"):
            opened(line[:length])


@pytest.mark.parametrize("segments", [1, 2])
def test_a_cut_between_segments_and_anything_after_the_end_is_found(segments: int) -> None:
    segment = 1024 * 1024
    line, _, rest = sealed({"payload/x": bytes(3 * segment)}).partition(b"\n")
    for damaged in (rest[: segments * segment], rest[: -segments * segment], rest + b"\x00"):
        with pytest.raises(IntegrityError, match=DAMAGED):
            opened(line + b"\n" + damaged)


def test_segments_of_another_backup_do_not_fit() -> None:
    one, other = sealed().partition(b"\n"), sealed().partition(b"\n")
    with pytest.raises(IntegrityError, match=DAMAGED):
        opened(one[0] + b"\n" + other[2])


def test_a_wrong_passphrase_is_told_from_damage() -> None:
    said = "the passphrase does not open this backup"
    with pytest.raises(WrongPassphrase, match=f"^{said}$") as caught:
        opened(sealed(), "correct horsf")
    assert caught.value.hint == "give the one that the home had when the backup was made"


@pytest.mark.parametrize(
    "file",
    [b"", b"\n", b"{}\n", b"SQLite format 3\x00", b"\x00" * 5000, b"[" * 4000 + b"\n"],
    ids=["empty", "a line feed", "no record", "a database", "zeros", "deep"],
)
def test_a_foreign_file_is_refused(file: bytes) -> None:
    with pytest.raises(InputError, match=f"^{NO_BACKUP}record ") as caught:
        opened(file)
    assert caught.value.hint == "name a file that 'ledger backup create' wrote"


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1025}, {"r": 16}, {"p": 2}, {"kdf": "argon2id"},
        {"type": "sharing-ledger/v2/backup"}, {"more": 1}, {"generation": 0}, {"salt": "00"},
    ],
    ids=str,
)  # fmt: skip
def test_a_hostile_first_line_costs_nothing(change: dict[str, object]) -> None:
    line, _, rest = sealed().partition(b"\n")
    altered = json.dumps({**json.loads(line), **change}, sort_keys=True, separators=(",", ":"))
    with pytest.raises(InputError):
        opened(altered.encode() + b"\n" + rest)


@pytest.mark.parametrize("power", [2**9, 2**30])
def test_a_first_line_that_demands_too_much_or_too_little_says_so(power: int) -> None:
    line, _, rest = sealed().partition(b"\n")
    members = {**json.loads(line), "n": power}
    altered = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(InputError, match=f"^{NO_LINE}$"):
        opened(altered + b"\n" + rest)


@pytest.mark.parametrize(
    ("plaintext", "what"),
    [
        (b"", "an end in the middle of an entry"),
        (b"\x00", "an end in the middle of an entry"),
        (b"\x00\x04ho", "an end in the middle of an entry"),
        (b"\x00\x04home" + bytes(7), "an end in the middle of an entry"),
        (b"\x00\x02\xff\xff" + bytes(8) + bytes(2), "a name that is not ASCII"),
        (b"\x00\x00more", "something after its end"),
    ],
)
def test_a_malformed_plaintext_is_refused(plaintext: bytes, what: str) -> None:
    with pytest.raises(IntegrityError, match=f"^the backup has {what}$") as caught:
        opened(sealed_plaintext(plaintext))
    assert caught.value.hint == "use another copy, or the program that wrote it"


def test_an_entry_larger_than_what_may_be_read_is_refused() -> None:
    plaintext = b"\x00\x04home" + (2**63).to_bytes(8, "big") + b"{}\x00\x00"
    with pytest.raises(IntegrityError, match=r"^the backup's entry 'home' is too large$"):
        opened(sealed_plaintext(plaintext))


def test_what_of_an_entry_is_not_read_is_skipped() -> None:
    line, _, rest = sealed().partition(b"\n")
    found = BackupHeader.from_line(line + b"\n")
    pieces = [rest[i : i + 1] for i in range(len(rest))]
    names = [entry.name for entry in open_backup(found, found.key(PASSPHRASE), pieces)]
    assert names == list(CONTENTS)


@pytest.mark.parametrize("size", [1, 3])
def test_an_entry_that_is_not_as_long_as_announced_is_refused(size: int) -> None:
    made, key = header()
    with pytest.raises(IntegrityError, match=r"2 bytes, .* announced"):
        b"".join(seal_backup(made, key, [Entry("home", size, [b"{}"])]))


def test_what_the_source_of_an_entry_raises_passes_through() -> None:
    def failing() -> Iterator[bytes]:
        yield b"1"
        raise LedgerError("the node is away")

    made, key = header()
    with pytest.raises(LedgerError, match="the node is away"):
        b"".join(seal_backup(made, key, [Entry("payload/x", 2, failing())]))


def test_memory_is_bounded_whatever_the_size() -> None:
    size, chunk = 96 * 1024 * 1024, bytes(1024 * 1024)
    made, key = header()
    entry = Entry("payload/x", size, (chunk for _ in range(size // len(chunk))))
    stream = seal_backup(made, key, [entry])
    next(stream)
    tracemalloc.start()
    count = sum(len(piece) for found in open_backup(made, key, stream) for piece in found.chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == size
    assert peak < 24 * 1024 * 1024


@pytest.mark.parametrize(
    ("n", "expected"),
    [(2**9, False), (2**10, True), (2**10 + 1, False), (2**18, True), (2**19, False)],
)
def test_a_file_demands_from_one_to_256_mebibytes(n: int, expected: bool) -> None:
    assert affordable(n) is expected


def test_each_backup_has_its_own_salt_and_shows_no_key() -> None:
    (one, key), (two, _) = header(), header()
    assert one.salt != two.salt
    assert key.value.hex() not in one.to_line().decode() + repr(one) + repr(key)
