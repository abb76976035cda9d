"""Payloads, padding, annexes, wraps, commitments, disputes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tests.vectors import reference
from tests.vectors.cases import samples as s
from tests.vectors.cases.case import (
    CONTENT,
    DATA_KEY,
    DEPLOYMENT,
    KEY_NUMBERS,
    NONCE,
    SEEDS,
    Case,
    Json,
    bad,
    drawn,
    good,
    text,
)
from tests.vectors.reference import Wrap, code32, labelled, u32, u64

INTEGRITY = "IntegrityError"
SALT, PREFIX = drawn("salt"), drawn("prefix")[:7]
BOUND = labelled("payload", DEPLOYMENT, b"\x01", code32("labour"), code32("employment"), u32(3))
CIPHERTEXT = reference.encrypt(DATA_KEY, BOUND, CONTENT, SALT, PREFIX)


def flipped(data: bytes, position: int) -> bytes:
    """With one bit changed."""
    altered = bytearray(data)
    altered[position] ^= 1
    return bytes(altered)


# As Kubo 0.42 gives them (`ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576`).
ADDRESSES = {
    0: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    1: "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu",
    2**20: "bafkreibq4fevl27rgurgnxbp7adh42aqiyd6ouflxhj3gzmcxcxzbh6lla",
    2**20 + 1: "bafybeihd4yzq7n5umhjngdum4r6k2to7egxfkf2jz6thvwzf6djus22cmq",
    174 * 2**20: "bafybeiehkrmqsoci5u5g4pzahfhb64hzyg4wtn62vjewazp5zjcngoifca",
    174 * 2**20 + 1: "bafybeibvh2wc7n5urwrvmv7nxmk2htrwz3mqqs4ulqcnzwpxtpxoer6xmu",
}


def payloads() -> Iterator[Case]:
    """What ciphertexts are bound to, how they look, how answers are padded, who is right."""
    kinds = {"document": 2, "answer": 3, "derived": 4}
    manifests = {"version": s.VERSION, "derived": s.DERIVED, "answer": s.ANSWER}
    manifests["document"] = s.DOCUMENT
    for kind, members in manifests.items():
        bound = BOUND
        if kind in kinds:
            bound = labelled("payload", DEPLOYMENT, bytes([kinds[kind]]), code32("labour"), NONCE)
        given = {"deployment": DEPLOYMENT.hex(), "manifest": text(members)}
        output = {"associatedData": bound.hex()}
        yield good(f"associated data: {kind}", "payload.associatedData", given, output)

    for size in (0, 1, 1_048_520, 1_048_521, 2_097_080, 2_097_081, 2**30):
        segments = max(1, -(-(size + 40) // 1_048_560))
        output = {"ciphertextBytes": size + 40 + 16 * segments}
        yield good(f"size of {size}", "payload.size", {"plaintextBytes": size}, output)

    for size, cid in ADDRESSES.items():
        given = {"content": {"repeat": "00", "times": size}}
        yield good(f"address of {size} zeros", "payload.address", given, {"cid": cid})

    base = {"key": DATA_KEY.hex(), "associatedData": BOUND.hex()}
    for name, content in (("nothing", b""), ("a table", CONTENT)):
        ciphertext = reference.encrypt(DATA_KEY, BOUND, content, SALT, PREFIX)
        given = {**base, "ciphertext": ciphertext.hex()}
        yield good(f"payload of {name}", "payload.decrypt", given, {"plaintext": content.hex()})
    for times in (1_048_520, 1_048_521, 2_500_000):
        ciphertext = reference.encrypt(DATA_KEY, BOUND, b"x" * times, SALT, PREFIX)
        given = {**base, "salt": SALT.hex(), "noncePrefix": PREFIX.hex()}
        given["plaintext"] = {"repeat": b"x".hex(), "times": times}
        output = {
            "ciphertextBytes": len(ciphertext),
            "ciphertextSha256": hashlib.sha256(ciphertext).hexdigest(),
        }
        yield good(f"payload of {times} bytes", "payload.long", given, output)
    other = labelled("payload", DEPLOYMENT, b"\x01", code32("labour"), code32("employment"), u32(4))
    for changes, why in (
        ({"ciphertext": CIPHERTEXT[:-1].hex()}, "a byte less"),
        ({"ciphertext": (CIPHERTEXT + b"\0").hex()}, "a byte more"),
        ({"ciphertext": ""}, "nothing"),
        ({"ciphertext": CIPHERTEXT[:40].hex()}, "the header alone"),
        ({"ciphertext": flipped(CIPHERTEXT, 0).hex()}, "another header length"),
        ({"ciphertext": flipped(CIPHERTEXT, 5).hex()}, "another salt"),
        ({"ciphertext": flipped(CIPHERTEXT, 35).hex()}, "another nonce prefix"),
        ({"ciphertext": flipped(CIPHERTEXT, 45).hex()}, "a bit of the content changed"),
        ({"ciphertext": flipped(CIPHERTEXT, -1).hex()}, "a bit of the tag changed"),
        ({"associatedData": other.hex()}, "bound to another version"),
        ({"key": drawn("other key").hex()}, "another key"),
    ):
        given = {**base, "ciphertext": CIPHERTEXT.hex(), **changes}
        yield bad(f"payload: {why}", "payload.decrypt", given, why, INTEGRITY)

    yield from padding()
    yield from disputes()


def padding() -> Iterator[Case]:
    """One way to pad."""
    for size in (0, 1, 252, 253, 1020):
        content = drawn("content").hex() * 40
        content = content[: 2 * size]
        padded = reference.pad(bytes.fromhex(content)).hex()
        yield good(f"padding {size} bytes", "padding.pad", {"content": content}, {"padded": padded})
        given = {"padded": padded}
        yield good(f"unpadding {size} bytes", "padding.unpad", given, {"content": content})
    fine = reference.pad(b"content")
    for padded, why in (
        (b"", "nothing"),
        (fine[:-1], "a zero less"),
        (fine + b"\0", "a zero more"),
        (fine.ljust(1024, b"\0"), "a larger class than needed"),
        (fine[:-1] + b"\x01", "something hidden in the padding"),
        (u32(253) + bytes(252), "a length beyond the content"),
        (b"\xff" * 256, "a length beyond all classes"),
    ):
        yield bad(f"padding: {why}", "padding.unpad", {"padded": padded.hex()}, why, INTEGRITY)


def disputes() -> Iterator[Case]:
    """Who is right about a payload whose key was disclosed."""
    manifest = {**s.VERSION, "payload": s.payload(len(CIPHERTEXT), CIPHERTEXT)}
    spoilt = flipped(CIPHERTEXT, 45)
    lie = reference.encrypt(DATA_KEY, BOUND, b"M" + CONTENT[1:], SALT, PREFIX)
    cases: list[tuple[str, Json, bytes, bytes, str, str]] = [
        ("sound", manifest, DATA_KEY, CIPHERTEXT, "sound", "sender"),
        ("another key", manifest, drawn("other key"), CIPHERTEXT, "other-key", "receiver"),
        ("another ciphertext", manifest, DATA_KEY, spoilt, "other-ciphertext", "nobody"),
        ("a cut ciphertext", manifest, DATA_KEY, CIPHERTEXT[:-1], "other-ciphertext", "nobody"),
        (
            "undecryptable",
            {**manifest, "payload": s.payload(len(spoilt), spoilt)},
            DATA_KEY,
            spoilt,
            "undecryptable",
            "receiver",
        ),
        (
            "another content",
            {**manifest, "payload": s.payload(len(lie), lie)},
            DATA_KEY,
            lie,
            "other-content",
            "receiver",
        ),
    ]
    for name, members, key, ciphertext, verdict, favours in cases:
        given = {
            "deployment": DEPLOYMENT.hex(),
            "manifest": text(members),
            "key": key.hex(),
            "ciphertext": ciphertext.hex(),
        }
        output = {"verdict": verdict, "favours": favours}
        yield good(f"dispute: {name}", "arbitrate", given, output)


def _sealed(
    members: Json,
    secret: Json,
    wrapping: Wrap,
    *,
    readers: tuple[str, ...] = ("labour",),
    padded: bytes | None = None,
    key: bytes | None = None,
) -> Json:
    content = reference.pad(reference.record(secret)) if padded is None else padded
    sealed = reference.annex(
        reference.record(members),
        content,
        key or drawn("annex key", members["type"]),
        [(code, KEY_NUMBERS[code], SEEDS[code]) for code in sorted(readers)],
        deployment=DEPLOYMENT,
        wrapping=wrapping,
    )
    return {**members, "annex": sealed}


def _reading(record: Json, reader: str = "labour", **changes: object) -> Json:
    return {
        "record": text(record),
        "department": reader,
        "keyNumber": KEY_NUMBERS[reader],
        "seed": SEEDS[reader].hex(),
        "deployment": DEPLOYMENT.hex(),
        **changes,
    }


def annexes(wrapping: Wrap) -> Iterator[Case]:
    """Every sealed content, opened; every way to move or alter one."""
    link = {"number": 5, "link": drawn("link").hex()}
    asked = {"parameters": {"year": 2020}, "subject": "1985-117-9", "consent": link}
    hidden = {"tag": drawn("tag").hex(), "salt": drawn("salt").hex()}
    shown = {"receiptKey": drawn("receipt").hex(), "plaintextSha256": drawn("plaintext").hex()}
    enrolled = {"ownerSubjectKey": drawn("owner subject key").hex()}
    titled = {"title": "Warrant", "name": "warrant.pdf", "note": "Urgent."}
    terms = _sealed(s.TERMS, {"case": "2026/117"}, wrapping, readers=("labour", "audit"))
    for reader in ("labour", "audit"):
        given = _reading(terms, reader)
        yield good(f"terms for {reader}", "annex.open", given, {"members": {"case": "2026/117"}})
    contents: list[tuple[str, Json, Json, str]] = [
        ("query", s.QUERY, asked, "labour"),
        ("document", s.DOCUMENT, titled, "health"),
        ("tag-opening", s.OPENING, hidden, "audit"),
        ("receipt-disclosure", s.DISCLOSURE, shown, "audit"),
        ("enrolment", s.ENROLMENT, enrolled, "labour"),
    ]
    for kind, members, secret, reader in contents:
        record = _sealed(members, secret, wrapping, readers=(reader,))
        given = _reading(record, reader, content=kind)
        yield good(f"a sealed {kind}", "annex.open", given, {"members": secret})

    query = _sealed(s.QUERY, asked, wrapping)
    annex = query["annex"]
    for record, why in (
        ({**query, "requester": "police"}, "another sender's"),
        ({**query, "dataset": "labour/employment"}, "of another dataset"),
        ({**query, "nonce": drawn("other nonce").hex()}, "of another nonce"),
        ({**query, "annex": {**annex, "keyCommitment": "00" * 32}}, "of another key"),
        ({**query, "annex": {**annex, "ciphertext": terms["annex"]["ciphertext"]}}, "of terms"),
        (
            {**query, "annex": {**annex, "recipients": terms["annex"]["recipients"]}},
            "wrap of terms",
        ),
    ):
        yield bad(f"query: {why}", "annex.open", _reading(record), why, INTEGRITY)
    for changes, why in (
        ({"deployment": drawn("other deployment").hex()}, "of another deployment"),
        ({"seed": SEEDS["health"].hex()}, "with another key of the same number"),
    ):
        yield bad(f"query: {why}", "annex.open", _reading(query, **changes), why, INTEGRITY)
    for changes, why in (
        ({"department": "health"}, "by a department that is no reader"),
        ({"keyNumber": 4}, "with a key number that is no reader"),
    ):
        yield bad(f"query: {why}", "annex.open", _reading(query, **changes), why, "NotFound")
    fine = reference.record(asked)
    for padded, why, error in (
        (u32(len(fine)) + fine, "not padded", INTEGRITY),
        (reference.pad(fine)[:-1] + b"\x01", "something hidden in the padding", INTEGRITY),
        (reference.pad(fine).ljust(1024, b"\0"), "a larger class than needed", INTEGRITY),
        (reference.pad(b"[]"), "not an object", "RecordError"),
        (reference.pad(b'{"subject": "x"}'), "not canonical", "RecordError"),
        (reference.pad(b'{"parameters":{},"more":1}'), "an unknown member", "RecordError"),
        (
            reference.pad(reference.record({"parameters": {}, "subject": "\u202e"})),
            "a character that turns the text around",
            "RecordError",
        ),
    ):
        record = _sealed(s.QUERY, {}, wrapping, padded=padded, key=drawn("annex key", why))
        given = _reading(record, content="query")
        yield bad(f"sealed content: {why}", "annex.open", given, why, error)


def wraps(wrapping: Wrap) -> Iterator[Case]:
    """Public keys, what wraps are bound to, wraps that open and wraps that don't."""
    seed = SEEDS["health"]
    public = reference.public_key(seed)
    for code, one in SEEDS.items():
        output = {"publicKey": reference.public_key(one).hex()}
        yield good(f"public key of {code}", "key.public", {"seed": one.hex()}, output)
    yield good("a public key", "key.check", {"publicKey": public.hex()}, {})
    for data, why in (
        (public[:-1], "a byte less"),
        (public + b"\0", "a byte more"),
        (b"\xff" * 1152 + public[1152:], "coefficients out of range"),
        (public[:1184] + bytes(32), "a point of low order"),
        (public[:1184] + b"\x01" + bytes(31), "another point of low order"),
        (seed, "the private seed"),
    ):
        yield bad(f"public key: {why}", "key.check", {"publicKey": data.hex()}, why, INTEGRITY)

    head = {"deployment": DEPLOYMENT.hex(), "reader": "health", "keyNumber": 1}
    tail = code32("health") + u32(1)
    infos = {
        "transfer": labelled("wrap/transfer", DEPLOYMENT, u64(7), tail),
        "disclosure": labelled("wrap/disclosure", DEPLOYMENT, u64(7), tail),
        "document": labelled("wrap/nonce", DEPLOYMENT, NONCE, tail),
    }
    for use, info in infos.items():
        given = {"use": use, **head, "transfer": 7, "nonce": NONCE.hex()}
        given.pop("transfer" if use == "document" else "nonce")
        yield good(f"info of a {use}", "wrap.info", given, {"info": info.hex()})
        wrapped = wrapping(seed, DATA_KEY, info)
        given = {"seed": seed.hex(), "info": info.hex(), "wrap": wrapped.hex()}
        yield good(f"wrap of a {use}", "wrap.open", given, {"key": DATA_KEY.hex()})
    info = infos["transfer"]
    wrapped = wrapping(seed, DATA_KEY, info)
    opening = {"seed": seed.hex(), "info": info.hex(), "wrap": wrapped.hex()}
    others = {
        "another transfer": labelled("wrap/transfer", DEPLOYMENT, u64(8), tail),
        "another receiver": labelled("wrap/transfer", DEPLOYMENT, u64(7), code32("audit"), u32(1)),
        "another key number": labelled(
            "wrap/transfer", DEPLOYMENT, u64(7), code32("health"), u32(2)
        ),
        "another deployment": labelled("wrap/transfer", drawn("other deployment"), u64(7), tail),
        "a disclosure": infos["disclosure"],
        "nothing": b"",
    }
    for why, other in others.items():
        yield bad(f"wrap for {why}", "wrap.open", {**opening, "info": other.hex()}, why, INTEGRITY)
    for data, why in (
        (wrapped[:-1], "a byte less"),
        (wrapped + b"\0", "a byte more"),
        (flipped(wrapped, 0), "a bit of ML-KEM's part changed"),
        (flipped(wrapped, 1100), "a bit of X25519's part changed"),
        (flipped(wrapped, 1130), "a bit of the key changed"),
        (flipped(wrapped, 1167), "a bit of the tag changed"),
        (wrapped[:1088] + bytes(32) + wrapped[1120:], "a point of low order"),
        (bytes(1168), "zeros"),
    ):
        yield bad(f"wrap: {why}", "wrap.open", {**opening, "wrap": data.hex()}, why, INTEGRITY)
    given = {**opening, "seed": SEEDS["audit"].hex()}
    yield bad("wrap for another's key", "wrap.open", given, "another private key", INTEGRITY)
    # X-Wing and HPKE wrap whatever they are given: a key has 32 bytes.
    short = {**opening, "wrap": wrapping(seed, DATA_KEY[:31], info).hex()}
    yield bad("wrap of 31 bytes", "wrap.open", short, "a key of 31 bytes", INTEGRITY)


def commitments() -> Iterator[Case]:
    """Commitments to key and content; receipt tags."""
    plain = hashlib.sha256(CONTENT).digest()
    making = {"key": DATA_KEY.hex(), "plaintextSha256": plain.hex()}
    output = {
        "keyCommitment": reference.key_commitment(DATA_KEY).hex(),
        "contentCommitment": reference.content_commitment(DATA_KEY, CONTENT).hex(),
    }
    yield good("commitments", "commitment.make", making, output)
    checking = {**making, "manifest": text(s.VERSION), "plaintextSizeBytes": len(CONTENT)}
    yield good("key and content as committed to", "commitment.check", checking, {})
    for changes, why in (
        ({"key": drawn("other key").hex()}, "another key"),
        ({"plaintextSha256": drawn("other content").hex()}, "another content"),
        ({"plaintextSizeBytes": len(CONTENT) + 1}, "another size"),
    ):
        given = {**checking, **changes}
        yield bad(f"commitment: {why}", "commitment.check", given, why, INTEGRITY)
    digest = drawn("manifest")
    derived = reference.hkdf(DATA_KEY, "receipt", DEPLOYMENT, u64(7))
    tag = reference.mac(derived, digest + plain)
    given = {**making, "deployment": DEPLOYMENT.hex(), "transfer": 7, "manifest": digest.hex()}
    output = {"receiptKey": derived.hex(), "receiptTag": tag.hex()}
    yield good("a receipt tag", "receipt.make", given, output)
    checking = {**output, "manifest": digest.hex(), "plaintextSha256": plain.hex()}
    yield good("a receipt", "receipt.check", checking, {})
    other = reference.hkdf(DATA_KEY, "receipt", DEPLOYMENT, u64(8))
    for changes, why in (
        ({"receiptTag": flipped(tag, 0).hex()}, "another tag"),
        ({"receiptKey": other.hex()}, "the key of another transfer"),
        ({"manifest": drawn("other").hex()}, "another manifest"),
        ({"plaintextSha256": drawn("other").hex()}, "another content"),
    ):
        given = {**checking, **changes}
        yield bad(f"receipt: {why}", "receipt.check", given, why, INTEGRITY)
