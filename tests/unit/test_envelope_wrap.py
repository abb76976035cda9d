"""Key wrapping, in both directions against Tink; keysets; sealing to oneself."""

from __future__ import annotations

import pytest
import tink
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tink import hybrid, secret_key_access
from tink.proto import hpke_pb2, tink_pb2

from ledger.envelope.archive import open_secret, seal_secret
from ledger.envelope.binding import SecretKey, WrapInfo, nonce_wrap_info, transfer_wrap_info
from ledger.envelope.keyset import Keyset
from ledger.envelope.wrap import PrivateKey, check_public_key, unwrap_key, wrap_key
from ledger.errors import InputError, IntegrityError, NotFound, RecordError
from ledger.identifiers import Code

D, N = bytes([1]) * 32, bytes([2]) * 32
HEALTH = Code("health")
PRIVATE = PrivateKey(bytes(range(32)))
DATA_KEY = SecretKey(bytes([3]) * 32)
INFO = transfer_wrap_info(D, 7, HEALTH, 2)


def _tink_keyset(key: PrivateKey) -> tink.KeysetHandle:
    params = hpke_pb2.HpkeParams(
        kem=hpke_pb2.X_WING, kdf=hpke_pb2.HKDF_SHA256, aead=hpke_pb2.AES_256_GCM
    )
    public = hpke_pb2.HpkePublicKey(params=params, public_key=key.public_key)
    private = hpke_pb2.HpkePrivateKey(public_key=public, private_key=key.seed)
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.HpkePrivateKey"
    entry.key_data.value = private.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.ASYMMETRIC_PRIVATE
    hybrid.register()
    return tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)


def test_a_wrapped_key_opens_for_its_receiver() -> None:
    wrapped = wrap_key(PRIVATE.public_key, DATA_KEY, INFO)
    assert len(wrapped) == 1168
    assert unwrap_key(PRIVATE, wrapped, INFO) == DATA_KEY
    assert wrap_key(PRIVATE.public_key, DATA_KEY, INFO) != wrapped


def test_tink_opens_what_is_wrapped_here() -> None:
    wrapped = wrap_key(PRIVATE.public_key, DATA_KEY, INFO)
    opened = _tink_keyset(PRIVATE).primitive(hybrid.HybridDecrypt).decrypt(wrapped, INFO)
    assert opened == DATA_KEY.value


def test_what_tink_wraps_opens_here() -> None:
    public = _tink_keyset(PRIVATE).public_keyset_handle()
    wrapped = public.primitive(hybrid.HybridEncrypt).encrypt(DATA_KEY.value, INFO)
    assert unwrap_key(PRIVATE, wrapped, INFO) == DATA_KEY


def test_a_key_that_tink_generates_has_the_same_public_key_here() -> None:
    template = hybrid.hybrid_key_templates.X_WING_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_RAW
    handle = tink.new_keyset_handle(template)
    data = tink.proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    key = hpke_pb2.HpkePrivateKey.FromString(tink_pb2.Keyset.FromString(data).key[0].key_data.value)
    assert PrivateKey(key.private_key).public_key == key.public_key.public_key


@pytest.mark.parametrize(
    "info",
    [
        transfer_wrap_info(bytes(32), 7, HEALTH, 2),
        transfer_wrap_info(D, 8, HEALTH, 2),
        transfer_wrap_info(D, 7, Code("labour"), 2),
        transfer_wrap_info(D, 7, HEALTH, 3),
        nonce_wrap_info(D, N, HEALTH, 2),
        WrapInfo(b""),
    ],
)
def test_a_wrap_for_another_use_is_refused(info: WrapInfo) -> None:
    with pytest.raises(IntegrityError, match="does not open"):
        unwrap_key(PRIVATE, wrap_key(PRIVATE.public_key, DATA_KEY, info), INFO)


def test_a_wrap_for_another_key_is_refused() -> None:
    other = PrivateKey.generate()
    with pytest.raises(IntegrityError, match="does not open"):
        unwrap_key(PRIVATE, wrap_key(other.public_key, DATA_KEY, INFO), INFO)


@pytest.mark.parametrize("position", [0, 500, 1087, 1088, 1119, 1120, 1167])
def test_an_altered_wrap_is_refused(position: int) -> None:
    wrapped = bytearray(wrap_key(PRIVATE.public_key, DATA_KEY, INFO))
    wrapped[position] ^= 1
    with pytest.raises(IntegrityError):
        unwrap_key(PRIVATE, bytes(wrapped), INFO)


@pytest.mark.parametrize("length", [0, 32, 1167, 1169, 5000])
def test_a_wrap_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(IntegrityError, match="expected 1168"):
        unwrap_key(PRIVATE, bytes(length), INFO)


def test_a_wrap_with_a_null_point_is_refused() -> None:
    wrapped = wrap_key(PRIVATE.public_key, DATA_KEY, INFO)
    with pytest.raises(IntegrityError):
        unwrap_key(PRIVATE, wrapped[:1088] + bytes(32) + wrapped[1120:], INFO)


GOOD = PRIVATE.public_key
BAD_KEYS = {
    "empty": b"",
    "cut": GOOD[:-1],
    "extended": GOOD + b"\0",
    "X25519 part all zero": GOOD[:1184] + bytes(32),
    "X25519 part of order two": GOOD[:1184] + b"\x01" + bytes(31),
    "ML-KEM coefficients out of range": b"\xff" * 1152 + GOOD[1152:],
    "the private seed": PRIVATE.seed,
}


@pytest.mark.parametrize("kind", BAD_KEYS)
def test_a_malformed_public_key_is_refused(kind: str) -> None:
    with pytest.raises(IntegrityError, match="encryption key"):
        check_public_key(BAD_KEYS[kind])
    with pytest.raises(IntegrityError, match="encryption key"):
        wrap_key(BAD_KEYS[kind], DATA_KEY, INFO)


def test_a_published_key_is_accepted() -> None:
    check_public_key(PrivateKey.generate().public_key)


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PrivateKey(b"short")


def test_a_keyset_survives_its_own_bytes() -> None:
    first = Keyset.generate().numbered(1).with_pending()
    second = Keyset.from_bytes(first.to_bytes())
    assert second == first
    assert sorted(second.numbered(2).keys) == [1, 2]


def test_a_key_takes_the_number_that_the_chain_gives_it() -> None:
    fresh = Keyset.generate()
    assert fresh.with_pending() == fresh
    keyset = fresh.numbered(1)
    assert keyset.key(1) == fresh.pending
    assert keyset.pending is None
    with pytest.raises(InputError, match="waits"):
        keyset.numbered(2)
    with pytest.raises(InputError, match="already"):
        keyset.with_pending().numbered(1)
    with pytest.raises(NotFound, match="number 2"):
        keyset.key(2)
    with pytest.raises(NotFound):
        keyset.without(1).key(1)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"sharing-ledger/v1/keyset"}'])
def test_bytes_that_are_no_keyset_are_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        Keyset.from_bytes(data)


def test_a_keyset_with_one_number_twice_is_refused() -> None:
    data = Keyset.generate().numbered(1).to_bytes()
    entry = data[data.index(b'{"number"') : data.index(b"]")]
    with pytest.raises(RecordError, match="twice"):
        Keyset.from_bytes(data.replace(entry, entry + b"," + entry))


def test_no_secret_is_shown() -> None:
    keyset = Keyset.generate().numbered(1).with_pending()
    text = f"{keyset!r} {keyset} {keyset.key(1)!r} {keyset.archive!r}"
    for secret in (keyset.archive.value, keyset.key(1).seed):
        assert secret.hex() not in text
        assert repr(secret)[2:-1] not in text
    with pytest.raises(RecordError) as caught:
        Keyset.from_bytes(keyset.to_bytes().replace(b'"number":1', b'"number":0'))
    assert keyset.key(1).seed.hex() not in f"{caught.value} {caught.value.__cause__}"


def test_a_sealed_secret_opens_in_its_place_only() -> None:
    archive = SecretKey.generate()
    sealed = seal_secret(archive, b"secret", "data-key", b"labour/employment@3")
    assert open_secret(archive, sealed, "data-key", b"labour/employment@3") == b"secret"
    assert seal_secret(archive, b"secret", "data-key", b"labour/employment@3") != sealed
    for label, associated in (
        ("data-key", b"labour/employment@4"),
        ("wrap", b"labour/employment@3"),
        ("data-kez", b"labour/employment@3"),
        ("data-keyl", b"abour/employment@3"),
    ):
        with pytest.raises(IntegrityError):
            open_secret(archive, sealed, label, associated)
    with pytest.raises(IntegrityError):
        open_secret(SecretKey.generate(), sealed, "data-key", b"labour/employment@3")


def test_a_second_implementation_opens_what_is_sealed_to_oneself() -> None:
    """As the specification says it, from HKDF and AES-GCM alone; old stores hold such bytes."""
    archive = SecretKey.generate()
    sealed = seal_secret(archive, b"secret", "data-key", b"which")
    info = b"sharing-ledger/v1/archive"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(archive.value)
    bound = info + b"\x00\x08data-key" + b"which"
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], bound) == b"secret"


def test_nothing_can_be_sealed_too() -> None:
    archive = SecretKey.generate()
    assert open_secret(archive, seal_secret(archive, b"", "x", b""), "x", b"") == b""


@pytest.mark.parametrize("cut", [0, 11, 12, 27, 30])
def test_a_cut_sealed_secret_is_refused(cut: int) -> None:
    archive = SecretKey.generate()
    with pytest.raises(IntegrityError):
        open_secret(archive, seal_secret(archive, b"secret", "x", b"")[:cut], "x", b"")


def test_an_altered_sealed_secret_is_refused() -> None:
    archive = SecretKey.generate()
    sealed = bytearray(seal_secret(archive, b"secret", "x", b""))
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 0x80
        with pytest.raises(IntegrityError):
            open_secret(archive, bytes(altered), "x", b"")
