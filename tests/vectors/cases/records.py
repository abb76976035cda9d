"""Names, addresses and records; what records and events say; what offers and services allow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from eth_utils.address import to_checksum_address

from ledger.deployment import CONTRACTS
from tests.vectors import reference
from tests.vectors.cases import samples as s
from tests.vectors.cases.case import Case, Json, bad, drawn, good, read, text

GONE = object()


def changed(members: Json, path: str, value: object) -> Json:
    """A copy with one member changed, added or (GONE) left out; `path` like `service.subject`."""
    first, _, rest = path.partition(".")
    copy = dict(members)
    if rest:
        copy[first] = changed(copy[first], rest, value)
    elif value is GONE:
        del copy[first]
    else:
        copy[first] = value
    return copy


def names() -> Iterator[Case]:
    """Codes in 32 bytes, and addresses of records."""
    for code in ("a", "labour", "x-1", "z" * 32):
        encoded = reference.code32(code).hex()
        yield good(f"code {code}", "code.encode", {"code": code}, {"bytes32": encoded})
        yield good(f"bytes of {code}", "code.decode", {"bytes32": encoded}, {"code": code})
    for code, why in (
        ("", "empty"),
        ("Labour", "a capital"),
        ("a_b", "an underscore"),
        ("é", "not ASCII"),
        ("x" * 33, "33 characters"),
        ("labour\n", "a line feed"),
    ):
        yield bad(f"code: {why}", "code.encode", {"code": code}, why, "InputError")
    for data, why in (
        (bytes(32), "all zero"),
        (b"a\0b".ljust(32, b"\0"), "something after the first zero"),
        (b"\0labour".ljust(32, b"\0"), "right-aligned"),
        (b"Labour".ljust(32, b"\0"), "a capital"),
        (b"labour", "6 bytes"),
        (b"labour".ljust(33, b"\0"), "33 bytes"),
        (b"\xc3\xa9".ljust(32, b"\0"), "not ASCII"),
    ):
        yield bad(f"bytes: {why}", "code.decode", {"bytes32": data.hex()}, why)
    for number in range(3):
        digest = drawn("cid", number)
        output = {"cid": reference.cid(digest)}
        yield good(f"address of digest {number}", "cid.of", {"digest": digest.hex()}, output)
    whole = reference.cid(drawn("cid", 0))
    yield good("an address", "cid.read", {"text": whole}, {"cid": whole})
    for cid, why in (
        (whole[:-1], "a character less"),
        (whole + "a", "a character more"),
        (whole.upper(), "capitals"),
        (whole[:-1] + ("b" if whole[-1] != "b" else "c"), "unused bits that are not zero"),
        ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "version 0"),
        ("z" + whole[1:], "another base"),
        ("bafyrei" + whole[7:], "codec dag-cbor"),
        ("bafkrgq" + whole[7:], "another hash"),
        ("bafrruia" + "a" * 51, "the hash keccak-224"),
    ):
        yield bad(f"address: {why}", "cid.read", {"text": cid}, why)


RECORDS: dict[str, Json] = {
    "department": s.CARD,
    "department with a parent": changed(s.CARD, "parent", "government"),
    "specification of a table": s.SPEC,
    "specification of JSON": changed(
        changed(s.SPEC, "tableSchema", GONE), "jsonSchema", {"type": "object"}
    ),
    "dataset": s.DATASET,
    "closed dataset": changed(s.DATASET, "legalReason", "Statistics Act, section 12"),
    "service": s.SERVICE,
    "need": s.NEED,
    "terms": s.TERMS,
    "terms of all fields": changed(s.TERMS, "fields", GONE),
    "counter": changed(s.TERMS, "counterBy", "labour"),
    "offer": s.OFFER,
    "offer to anybody": changed(changed(s.OFFER, "group", GONE), "purpose", GONE),
    "reason": s.REASON,
    "reason to keep": {**s.REASON, "code": "kept", "legalGround": "Archives Act, section 4"},
    "reason of a dispute": {**s.REASON, "code": "corrupt", "arbiters": ["audit", "statistics"]},
    "reason to hide": {**s.REASON, "code": "court-order", "legalGround": "Order 12/2026"},
    "reason of a recall": {**s.REASON, "code": "correction", "replacedBy": 4},
    "finding": s.FINDING,
    "scorecard": s.SCORECARD,
    "manifest of a version": s.VERSION,
    "manifest with sources": changed(s.VERSION, "sources", [3, 9]),
    "manifest of a derived payload": s.DERIVED,
    "manifest of an answer": s.ANSWER,
    "manifest of an answer of some fields": changed(s.ANSWER, "fields", ["month"]),
    "manifest of a document": {**s.DOCUMENT, "annex": s.CLOSED_ANNEX},
    "query": {**s.QUERY, "annex": s.CLOSED_ANNEX},
    "tag opening": {**s.OPENING, "annex": s.CLOSED_ANNEX},
    "receipt disclosure": {**s.DISCLOSURE, "annex": s.CLOSED_ANNEX},
    "enrolment": {**s.ENROLMENT, "annex": s.CLOSED_ANNEX},
}

BROKEN_MEMBERS: list[tuple[str, str, object, str]] = [
    ("department", "type", "sharing-ledger/v2/department", "an unknown type"),
    ("department", "type", GONE, "no type"),
    ("department", "more", 1, "an unknown member"),
    ("department", "contact", None, "a null instead of nothing"),
    ("department", "name", "Labour\u202ecilbup", "a character that turns the text around"),
    ("department", "name", " Labour", "a space at the beginning"),
    ("department", "name", "x" * 201, "201 characters"),
    ("department", "level", "galactic", "an unknown level"),
    ("department", "parent", "labour", "its own parent"),
    ("specification of a table", "jsonSchema", {}, "two schemas"),
    ("specification of a table", "tableSchema", GONE, "no schema"),
    ("specification of a table", "version", 0, "version 0"),
    ("specification of a table", "tableSchema.primaryKey", ["year"], "no such column"),
    ("dataset", "language", "English", "no language tag"),
    ("dataset", "keywords", ["a", "a"], "a keyword twice"),
    ("dataset", "specification.digest", "AB" * 32, "a digest in capitals"),
    ("service", "service.parameters.additionalProperties", True, "unknown parameters allowed"),
    ("service", "service.parameters.required", ["day"], "required, and no parameter"),
    ("service", "service.parameters.properties.kind.enum", ["a", 1], "an enum of two types"),
    ("service", "service.parameters.properties.kind.$ref", "#", "a reference"),
    ("service", "service.parameters.properties.town.pattern", "(a)\\1", "a back reference"),
    ("service", "service.parameters.properties.year.maxLength", 3, "the length of an integer"),
    ("need", "purpose", "curiosity", "an unknown purpose"),
    ("terms", "purpose", 1, "a number instead of the label"),
    ("terms", "fields", [], "no fields"),
    ("terms", "fields", ["jobs", "jobs"], "a field twice"),
    ("terms", "retentionDays", 0, "no retention"),
    ("terms", "onwardUse", 0, "a number instead of false"),
    ("terms", "validUntil", 2**40, "more than 40 bits"),
    ("counter", "counterBy", "health", "a counter by another than the owner"),
    ("offer", "longestSeconds", 2**32, "more than 32 bits"),
    ("offer", "standing", 256, "more than 8 bits"),
    ("reason", "code", "because", "an unknown code"),
    ("reason", "arbiters", ["audit"], "arbiters of what is no dispute"),
    ("reason to keep", "legalGround", GONE, "kept without a legal ground"),
    ("reason to hide", "legalGround", GONE, "hidden without a legal ground"),
    ("reason of a dispute", "arbiters", ["statistics", "audit"], "arbiters out of order"),
    ("reason of a dispute", "arbiters", ["labour"], "a party as arbiter"),
    ("reason", "replacedBy", 4, "a replacement of what is no recall"),
    ("reason of a recall", "replacedBy", 0, "version 0 as a replacement"),
    ("finding", "grants", [9, 4], "grants out of order"),
    ("scorecard", "periodUntil", 1_700_000_000, "an empty period"),
    ("scorecard", "lines", [s.line("labour", 3), s.line("health", 2)], "lines out of order"),
    ("query", "annex", GONE, "a query that is not sealed"),
    ("tag opening", "annex", GONE, "an opening that is not sealed"),
    ("enrolment", "annex", GONE, "an enrolment that is not sealed"),
    ("query", "nonce", "00" * 31, "a nonce of 31 bytes"),
    ("query", "annex.recipients", [], "sealed to nobody"),
    ("query", "annex.ciphertext", "AAA", "base64 that is cut"),
    ("query", "annex.ciphertext", "AAB=", "base64 with unused bits that are not zero"),
]

BROKEN_MANIFESTS: list[tuple[str, str, object, str]] = [
    ("manifest of a version", "payload.sizeBytes", 79, "the size of another plaintext"),
    ("manifest of a version", "payload.chunkBytes", 262144, "other chunks"),
    ("manifest of a version", "payload.cid", "QmYwAPJzv5CZsnA625", "no address of this ledger"),
    ("manifest of a version", "name", "../employment.csv", "a name that leaves its folder"),
    ("manifest of a version", "name", GONE, "no name"),
    ("manifest of a version", "mediaType", "csv", "no media type"),
    ("manifest of a version", "sender", "health", "another's dataset"),
    ("manifest of a version", "version", GONE, "no version"),
    ("manifest of a version", "sources", [9, 3], "sources out of order"),
    ("manifest of a version", "sources", list(range(1, 18)), "17 sources"),
    ("manifest of a version", "fields", ["month"], "a version of some fields"),
    ("manifest of a version", "encryption", s.WITH_NONCE, "a version with a nonce"),
    ("manifest of a version", "encryption.algorithm", "AES128_GCM", "another algorithm"),
    ("manifest of a derived payload", "derivedFrom", GONE, "derived from nothing"),
    ("manifest of a derived payload", "fields", GONE, "derived with all fields"),
    ("manifest of a derived payload", "encryption", s.ENCRYPTION, "no nonce"),
    ("manifest of an answer", "query", GONE, "an answer to nothing"),
    ("manifest of an answer", "rows", 0, "rows, which tell whether somebody was found"),
    ("manifest of an answer", "name", "miller.json", "a name, which tells who"),
    ("manifest of an answer", "version", 3, "an answer with a version"),
    ("manifest of a document", "name", "warrant.pdf", "a name that isn't sealed"),
    ("manifest of a document", "dataset", "labour/employment", "a document of a dataset"),
    ("manifest of a document", "subjectNonce", s.QUERY["nonce"], "a document with a tag"),
]

ONE_FORM: list[tuple[str, Any, str]] = [
    ("a space", '{"a": 1}', "not canonical"),
    ("members out of order", '{"b":1,"a":2}', "not canonical"),
    ("a member twice", '{"a":1,"a":1}', "a member twice"),
    ("a fraction", '{"a":0.5}', "a fraction"),
    ("an exponent", '{"a":1e3}', "a number that is not an integer"),
    ("a large integer", '{"a":9007199254740992}', "an integer beyond 2^53 - 1"),
    ("a very long integer", '{"a":' + "9" * 5000 + "}", "an integer beyond 2^53 - 1"),
    ("minus zero", '{"a":-0}', "not canonical"),
    ("NaN", '{"a":NaN}', "not JSON"),
    ("a needless escape", '{"a":"\\u0061"}', "not canonical"),
    ("a lone surrogate", '{"a":"\\ud800"}', "a lone surrogate"),
    ("a list", "[]", "not an object"),
    ("nothing", "", "not JSON"),
    ("two objects", "{}{}", "not JSON"),
    ("nested 33 deep", "[" * 33 + "]" * 33, "nested deeper than 32"),
    ("not UTF-8", b'{"a":"\xff"}', "not UTF-8"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "not JSON"),
    ("UTF-16", '{"a":1}'.encode("utf-16-le"), "not UTF-8 JSON"),
]


def records() -> Iterator[Case]:
    """Records of every type, and each rule of their form broken once."""
    for name, members in RECORDS.items():
        if not name.startswith("manifest"):
            yield read(name, members)
    for name, data, why in ONE_FORM:
        given = {"text": data} if isinstance(data, str) else {"hex": data.hex()}
        yield bad(f"form: {name}", "record.read", given, why)
    for name, path, value, why in BROKEN_MEMBERS:
        broken = text(changed(RECORDS[name], path, value))
        yield bad(f"{name}: {why}", "record.read", {"text": broken}, why)


def manifests() -> Iterator[Case]:
    """Manifests of every kind, each rule broken once, and what they have to say."""
    for name, members in RECORDS.items():
        if name.startswith("manifest"):
            yield read(name, members)
    for name, path, value, why in BROKEN_MANIFESTS:
        broken = text(changed(RECORDS[name], path, value))
        yield bad(f"{name}: {why}", "record.read", {"text": broken}, why)
    yield from matching("manifest of a version", VERSION_EVENT, {"version": 4, "kind": "derived"})
    derived = {**VERSION_EVENT, "kind": "derived", "derivedFrom": s.DERIVED["derivedFrom"]}
    yield from matching("manifest of a derived payload", derived, {"derivedFrom": "00" * 32})
    answer = {**VERSION_EVENT, "kind": "answer", "version": None, "query": s.ANSWER["query"]}
    yield from matching("manifest of an answer", answer, {"query": "00" * 32, "sender": "health"})
    for fields, granted in ((["month"], ["jobs", "month"]), (["month"], None)):
        given = {"text": text(changed(s.DERIVED, "fields", fields)), "fields": granted}
        yield good(f"fields {fields} granted {granted}", "manifest.granted", given, {})
    for members, why in (
        (changed(s.DERIVED, "fields", ["jobs"]), "another field than was granted"),
        (changed(s.DERIVED, "fields", ["month", "jobs"]), "a field more than was granted"),
        (s.VERSION, "all fields, of which some were granted"),
    ):
        given = {"text": text(members), "fields": ["month"]}
        yield bad(f"granted: {why}", "manifest.granted", given, why)
    given = {"text": text(s.ANSWER), "tagged": True}
    yield good("an answer with a tag", "manifest.tagged", given, {})
    why = "a nonce, and the release has no tag"
    yield bad("an answer without a tag", "manifest.tagged", {**given, "tagged": False}, why)


VERSION_EVENT: Json = {
    "kind": "version",
    "sender": "labour",
    "dataset": "labour/employment",
    "version": 3,
}


def matching(name: str, event: Json, others: Json) -> Iterator[Case]:
    """A record that says what its event says, and each that says otherwise."""
    record = text(RECORDS[name])
    yield good(f"{name} matches", "record.match", {"text": record, "event": event}, {})
    for member, value in others.items():
        given = {"text": record, "event": {**event, member: value}}
        yield bad(f"{name}: other {member}", "record.match", given, f"another {member} on chain")


def matches() -> Iterator[Case]:
    """Records against their events, terms against offers, queries against services."""
    requested = {
        "dataset": "labour/employment",
        "requester": "health",
        "purpose": 1,
        "allFields": False,
        "onwardUse": False,
        "validUntil": 1_800_000_000,
    }
    other = {"purpose": 2, "allFields": True, "onwardUse": True, "validUntil": 1}
    yield from matching("terms", requested, {**other, "counterBy": "labour"})
    yield from matching("counter", {**requested, "counterBy": "labour"}, {"counterBy": None})
    offered = {name: value for name, value in requested.items() if name != "requester"}
    offered |= {"group": "municipal-health", "standing": 3, "longest": 31_536_000}
    yield from matching("offer", offered, {**other, "group": None, "standing": 2, "longest": 1})
    yield from matching("reason", {"department": "labour", "code": 1}, {"code": 2})
    finding = {"department": "labour", "finder": "audit", "code": 70}
    yield from matching("finding", finding, {"department": "health", "finder": "agency"})
    yield from matching("scorecard", {"agency": "agency"}, {"agency": "audit"})
    yield from matching("need", {"department": "health"}, {"department": "labour"})
    described = {
        "publisher": "labour",
        "isService": True,
        "isClosed": False,
        "consentNeeded": True,
    }
    yield from matching("service", described, {"isService": False, "isClosed": True})
    asked = {"dataset": "labour/register", "requester": "health"}
    yield from matching("query", asked, {"requester": "police"})
    opening = {name: s.OPENING[name] for name in ("sender", "transfer", "commitment")}
    opening["hiddenUntil"] = 1_800_000_000
    yield from matching("tag opening", opening, {"commitment": "00" * 32})
    disclosed = {
        name: s.DISCLOSURE[name] for name in ("sender", "receiver", "transfer", "manifest")
    }
    yield from matching("receipt disclosure", disclosed, {"transfer": 8})
    yield from matching("enrolment", {"owner": "labour", "subject": "1985-117-9"}, {"owner": "x"})

    offer = text(s.OFFER)
    covered = {"offer": offer, "terms": text(s.TERMS)}
    yield good("terms within an offer", "offer.covers", covered, {})
    for path, value, why in (
        ("fields", GONE, "all fields"),
        ("fields", ["wages"], "another field"),
        ("purpose", "planning", "another purpose"),
        ("retentionDays", 366, "longer retention"),
        ("onwardUse", True, "onward use"),
        ("securityMeasures", "None.", "other security measures"),
        ("dataset", "labour/wages", "another dataset"),
    ):
        given = {"offer": offer, "terms": text(changed(s.TERMS, path, value))}
        yield bad(f"offer: {why}", "offer.covers", given, why)


def queries() -> Iterator[Case]:
    """What a service may be asked, and the form of sealed contents."""
    service = text(s.SERVICE)
    person = {"parameters": {"year": 2020}, "subject": "1985-117-9"}
    linked = {**person, "consent": {"number": 5, "link": drawn("link").hex()}}
    full = {"year": 2020, "town": "Ghent", "since": "2026-11-27", "kind": "part", "active": True}
    for name, content, consent in (
        ("a query", person, 0),
        ("a query with a consent", linked, 5),
        ("a query with all parameters", {**person, "parameters": full}, 0),
    ):
        given = {"dataset": service, "content": content, "consent": consent}
        yield good(name, "query.fits", given, {})
    for parameters, why in (
        ({}, "a parameter is missing"),
        ({"year": "2020"}, "text for an integer"),
        ({"year": 1989}, "below the minimum"),
        ({"year": 2101}, "above the maximum"),
        ({"year": 2020, "town": "ghent"}, "against the pattern"),
        ({"year": 2020, "town": "G" + "h" * 60}, "too long"),
        ({"year": 2020, "since": "2026-02-30"}, "no date"),
        ({"year": 2020, "kind": "none"}, "none of the enum"),
        ({"year": 2020, "active": 1}, "a number for a boolean"),
        ({"year": 2020, "sql": "1"}, "an unknown parameter"),
        ({"year": 2020, "town": ["Ghent"]}, "a list"),
        ({"year": 2020, "town": "a\u0000b"}, "a control character"),
    ):
        given = {"dataset": service, "content": {**person, "parameters": parameters}, "consent": 0}
        yield bad(f"query: {why}", "query.fits", given, why)
    for content, consent, why in (
        ({"parameters": {"year": 2020}}, 0, "no subject"),
        (person, 5, "no link to the consent"),
        (linked, 6, "another consent"),
        (linked, 0, "a consent that the call did not name"),
    ):
        given = {"dataset": service, "content": content, "consent": consent}
        yield bad(f"query: {why}", "query.fits", given, why)
    titled = {"title": "Warrant", "name": "warrant.pdf"}
    given = {"kind": "document", "members": titled}
    yield good("a document's title", "content.read", given, {"members": titled})
    grounds: Json = {"grounds": "Row 7.\nTwice."}
    given = {"kind": "reason", "members": grounds}
    yield good("the grounds of a reason", "content.read", given, {"members": grounds})
    for kind, members, why in (
        ("reason", {}, "no grounds"),
        ("reason", {"grounds": "Row 7\u202e."}, "grounds that turn the text around"),
        ("document", {**titled, "name": "a/b"}, "a name that leaves its folder"),
        ("document", {"title": "Warrant"}, "no name"),
        ("tag-opening", {"tag": "00" * 32}, "no salt"),
        ("receipt-disclosure", {"receiptKey": "00" * 31, "plaintextSha256": "00" * 32}, "31 bytes"),
        ("enrolment", {"ownerSubjectKey": "AA" * 32}, "capitals"),
        ("query", {"parameters": {}, "subject": None}, "a null instead of nothing"),
    ):
        given = {"kind": kind, "members": members}
        yield bad(f"content of a {kind}: {why}", "content.read", given, why)


def deployments() -> Iterator[Case]:
    """The deployment file: what its digest is of, and each rule broken once."""
    contracts = {
        name: {
            "address": to_checksum_address(drawn("contract", name)[:20]),
            "codeHash": drawn("code", name).hex(),
        }
        for name in CONTRACTS
    }
    first: Json = {
        "type": s.PREFIX + "deployment",
        "chainId": 1337,
        "genesisHash": drawn("genesis").hex(),
        "engine": "qbft",
        "contracts": contracts,
        "firstBlock": 1,
        "delays": {"noticePeriod": 5, "keyDelay": 6, "minimumPeriod": 7},
    }
    validator = to_checksum_address(drawn("validator")[:20])
    checkpoint = {"blockNumber": 9, "blockHash": drawn("block").hex()}
    whole = {**first, "validators": [validator], "checkpoints": [checkpoint]}
    bare: Json = {**first, "validators": [], "checkpoints": []}
    later = {"predecessor": drawn("predecessor").hex()}
    for name, members, digested in (
        ("a deployment", bare, first),
        ("with validators and a checkpoint", whole, first),
        ("a successor", {**bare, **later}, {**first, **later}),
    ):
        part = reference.record(digested)
        output = {"digest": hashlib.sha256(part).hexdigest(), "firstPart": part.decode()}
        yield good(name, "deployment.digest", {"text": text(members)}, output)
    name, address = "TransferLog", contracts["TransferLog"]["address"]
    twice = {**contracts, name: contracts["AccessGrants"]}
    for path, value, why in (
        ("engine", "geth", "an unknown engine"),
        ("chainId", 0, "no chain"),
        ("contracts", {name: contracts[name]}, "contracts are missing"),
        ("contracts", twice, "two contracts at one address"),
        ("contracts.TransferLog.address", address.lower(), "an address without its checksum"),
        ("validators", [validator, validator], "a validator twice"),
        ("validators", GONE, "no list of validators"),
        ("predecessor", "00", "a short digest"),
        ("more", 1, "an unknown member"),
    ):
        given = {"text": text(changed(bare, path, value))}
        yield bad(f"deployment: {why}", "deployment.digest", given, why)
