"""What the models of all records share: strict reading and writing, and the types of members."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, ClassVar, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from ledger.errors import InputError, RecordError
from ledger.identifiers import CODE_PATTERN, Code, parse_cid, shown
from ledger.records import decode, encode

TYPE_PREFIX: Final = "sharing-ledger/v1/"
MAX_SIZE_BYTES: Final = 2**50
"""The largest payload, in bytes: 1 PiB."""

MEDIA_TYPE_PATTERN: Final = "^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$"
LANGUAGE_PATTERN: Final = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
_CODE: Final = f"^{CODE_PATTERN}$"
_DATASET: Final = f"^{CODE_PATTERN}/{CODE_PATTERN}$"

# What pydantic says of values that people enter, by its name for the problem.
_WORDS: Final = {
    "extra_forbidden": "is not known here",
    "greater_than_equal": "is less than {ge}",
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "less_than_equal": "is more than {le}",
    "missing": "is missing",
    "string_pattern_mismatch": "must be {form}",
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "is empty",
    "value_error": "{error}",
}
_FORMS: Final = {
    _CODE: "1 to 32 of a-z, 0-9 and '-'",
    _DATASET: "like labour/employment",
    LANGUAGE_PATTERN: "like en or pt-BR",
    MEDIA_TYPE_PATTERN: "like text/csv",
}
# Members that the command line calls otherwise.
_KNOWN_AS: Final[Mapping[int | str, str]] = {"purpose_text": "why"}

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
# Control and formatting characters (bidirectional overrides, zero width), separators of lines,
# private ones: they can make a reader see something other than what was signed. Unassigned ones
# pass, or members with different versions of Unicode would disagree on what is a record.
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
# Zero-width (non-)joiners are needed to write Persian, Hindi and others correctly.
_JOINERS: Final = frozenset("\u200c\u200d")


class Part(BaseModel):
    """A part of a record: frozen, strict, without unknown members; camelCase on the wire."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )


class RecordModel(Part):
    """A whole record, which names its type; `None` is written by leaving the member out."""

    TYPE: ClassVar[str]

    def to_bytes(self) -> bytes:
        """The record as canonical JSON.

        Raises:
            InputError: it would be larger than a record may be.
        """
        return encode(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read hostile bytes as a record of this type; only what `to_bytes` writes is accepted.

        Raises:
            RecordError: not canonical JSON, of another type, or not following the type's rules.
        """
        found = decode(data).get("type")
        if found != cls.TYPE:
            raise RecordError(f"record is of type {shown(str(found))}, expected {cls.TYPE!r}")
        try:
            record = cls.model_validate_json(data, by_alias=True, by_name=False)
            written = record.to_bytes()
        except ValidationError as error:
            raise RecordError(f"record of type {cls.TYPE} is wrong: {problems(error)}") from error
        except InputError as error:
            raise RecordError(f"record of type {cls.TYPE} is wrong: {error.message}") from error
        # A default left out or a null written out would give one content two digests.
        if written != data:
            raise RecordError(f"record of type {cls.TYPE} is not in the one form that it may have")
        return record


def problems(error: ValidationError, limit: int = 3) -> str:
    """The first few problems that pydantic found, one clause each, without the input itself."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return _few([_clause(problem["loc"], problem["msg"]) for problem in found], limit)


def entered_wrong(error: ValidationError, limit: int = 3) -> str:
    """As `problems`, in plain words, for whoever entered the values."""
    found = error.errors(include_url=False, include_input=False)
    clauses = []
    for problem in found:
        facts = problem.get("ctx", {})
        pattern = facts.get("pattern", "")
        words = _WORDS.get(problem["type"])
        said = (
            words.format(**facts, form=_FORMS.get(pattern, f"of the form {pattern}"))
            if words
            else problem["msg"]
        )
        clauses.append(_clause(tuple(_KNOWN_AS.get(part, part) for part in problem["loc"]), said))
    return _few(clauses, limit)


def _few(clauses: list[str], limit: int) -> str:
    more = [f"and {len(clauses) - limit} more"] if len(clauses) > limit else []
    return "; ".join(clauses[:limit] + more)


def _clause(location: tuple[int | str, ...], message: str) -> str:
    # An unknown member's name is the sender's text: it must not reach a terminal unquoted.
    path = ".".join(
        str(part) if isinstance(part, int) or part.isidentifier() else shown(part)
        for part in location
    )
    text = message.removeprefix("Value error, ")
    return f"{path}: {text}" if path else text


@contextmanager
def checking_input(what: str) -> Iterator[None]:
    """Translate a model's refusal of what a user entered, while building it from keywords.

    Raises:
        InputError: a value breaks the model's rules.
    """
    try:
        yield
    except ValidationError as error:
        raise InputError(f"{what} is wrong: {entered_wrong(error)}") from error


def require_same(what: str, pairs: Mapping[str, tuple[object, object]]) -> None:
    """Check that a record says what its event says (design, section 4, rule 13).

    `pairs` holds, by member, what the record says and what the event says; None is "absent".

    Raises:
        RecordError: they differ; the message begins with `what` and names every difference.
    """
    wrong = [
        f"{name} is {_said(recorded)} in the record, {_said(called)} on the chain"
        for name, (recorded, called) in pairs.items()
        if recorded != called
    ]
    if wrong:
        raise RecordError(f"{what} and chain differ: {'; '.join(wrong)}")


def _said(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return "absent" if value is None else str(value)


def safe_text(text: str, allowed: str = "") -> str:
    """`text`, when a terminal and a reader can show it as it is.

    Raises:
        ValueError: it holds control or formatting characters outside `allowed`.
    """
    for character in text:
        if character in allowed or character in _JOINERS:
            continue
        if unicodedata.category(character) in _UNSAFE_CATEGORIES:
            raise ValueError(f"has the character U+{ord(character):04X}, which is not allowed")
    return text


def require_safe_text(value: object) -> None:
    """Check every text in a JSON value, keys too; line feeds and tabs are allowed.

    Raises:
        ValueError: one of them holds control or formatting characters.
    """
    if isinstance(value, str):
        safe_text(value, "\n\t")
    elif isinstance(value, dict):
        for key, item in value.items():
            require_safe_text(key)
            require_safe_text(item)
    elif isinstance(value, list | tuple):
        for item in value:
            require_safe_text(item)


def _line(text: str) -> str:
    if text != text.strip():
        raise ValueError("begins or ends with a space")
    return safe_text(text)


def _file_name(text: str) -> str:
    if text in (".", "..") or any(separator in text for separator in "/\\"):
        raise ValueError("is not a plain file name")
    if len(text.encode("utf-8", "replace")) > 255:
        raise ValueError("is longer than 255 bytes")
    return _line(text)


def _cid(text: str) -> str:
    try:
        return parse_cid(text)
    except RecordError as error:
        raise ValueError(error.message) from error


def _digest(value: object) -> object:
    if isinstance(value, bytes) and len(value) == 32:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value, re.ASCII):
        return bytes.fromhex(value)
    raise ValueError("is not 32 bytes, written as 64 lower-case hexadecimal digits")


def _base64(value: object) -> object:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and _BASE64.fullmatch(value):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("is not base64") from error
    raise ValueError("is not base64")


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
"""One line of text for people: 1 to 200 characters, no control or formatting characters."""

Lines = Annotated[tuple[Line, ...], AfterValidator(_unique)]
"""Different lines, in an order."""

Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    AfterValidator(lambda text: safe_text(text, "\n\t")),
]
"""Text for people: 1 to 10,000 characters, with line feeds and tabs."""

FileName = Annotated[str, StringConstraints(min_length=1), AfterValidator(_file_name)]
"""A file's plain name: at most 255 bytes in UTF-8, no separators, not `.` or `..`."""

CodeText = Annotated[Code, StringConstraints(pattern=_CODE)]
"""A department's code or a slug."""

DatasetText = Annotated[str, StringConstraints(pattern=_DATASET)]
"""A dataset's name without a version."""

CidText = Annotated[str, AfterValidator(_cid)]
"""A CID in the only spelling that the ledger uses."""

Digest32 = Annotated[bytes, BeforeValidator(_digest), PlainSerializer(bytes.hex)]
"""32 bytes, a digest or a nonce; 64 lower-case hexadecimal digits on the wire."""

Base64Bytes = Annotated[
    bytes,
    BeforeValidator(_base64),
    PlainSerializer(lambda data: base64.b64encode(data).decode("ascii")),
]
"""Bytes; base64 (RFC 4648, section 4) on the wire."""

SizeBytes = Annotated[int, Field(ge=0, le=MAX_SIZE_BYTES)]
Number32 = Annotated[int, Field(ge=1, le=2**32 - 1)]
Number64 = Annotated[int, Field(ge=1, le=2**53 - 1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
StandingNumber = Annotated[int, Field(ge=0, le=255)]
UnixSeconds = Annotated[int, Field(ge=1, le=2**40 - 1)]
"""Block time, in seconds since 1970; 40 bits, as in the contracts."""
