"""Names, numbers and addresses: what each may look like and how the chain encodes it.

Text that a user types raises `InputError`; what comes from the chain or IPFS raises `RecordError`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final, Literal, NewType, Self

from ledger.errors import InputError, RecordError

Code = NewType("Code", str)
"""A department's code or a dataset's slug: 1 to 32 of a-z, 0-9 and "-"."""

Digest = NewType("Digest", bytes)
"""The 32 bytes of a SHA-256."""

Address = NewType("Address", str)
"""An account, in EIP-55 spelling."""

DepartmentId = NewType("DepartmentId", int)
DatasetId = NewType("DatasetId", int)
VersionNumber = NewType("VersionNumber", int)
GrantId = NewType("GrantId", int)
"""One number for a request and for the grant that it becomes."""
OfferId = NewType("OfferId", int)
TransferId = NewType("TransferId", int)
NeedId = NewType("NeedId", int)
ConsentId = NewType("ConsentId", int)
RecallId = NewType("RecallId", int)
KeyNumber = NewType("KeyNumber", int)
"""A department's encryption keys, counted from 1."""

ContractName = Literal[
    "DepartmentRegistry", "DatasetRegistry", "ConsentRegistry", "AccessGrants", "TransferLog"
]

CODE_PATTERN: Final = r"[a-z0-9-]{1,32}"
MAX_VERSION: Final = 2**32 - 1

_CODE = re.compile(CODE_PATTERN, re.ASCII)
_DATASET = re.compile(rf"({CODE_PATTERN})/({CODE_PATTERN})(?:@([1-9][0-9]{{0,9}}))?", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
# "b", then 36 bytes in base32 without padding.
_CID = re.compile(r"b[a-z2-7]{58}", re.ASCII)
_CID_PADDING = "=" * 6

CID_RAW: Final = b"\x01\x55\x12\x20"
"""What precedes the digest in the bytes of a CID: version 1, codec raw, sha2-256 of 32 bytes."""

CID_DAG_PB: Final = b"\x01\x70\x12\x20"
"""The same for codec dag-pb."""


def parse_code(text: str) -> Code:
    """Check a code or slug that a user typed.

    Raises:
        InputError: it is not 1 to 32 of a-z, 0-9 and "-".
    """
    if not _CODE.fullmatch(text):
        raise InputError(
            f"{shown(text)} is not a code: expected 1 to 32 of a-z, 0-9 and '-'",
            hint="use lower-case letters, digits and hyphens, for example 'labour'",
        )
    return Code(text)


def encode_code(code: Code) -> bytes:
    """The `bytes32` of a code: ASCII from the left, then zeros."""
    return parse_code(code).encode("ascii").ljust(32, b"\0")


def decode_code(data: bytes) -> Code:
    """The code that a `bytes32` stands for; there is exactly one encoding of each.

    Raises:
        RecordError: not 32 bytes, a byte after the first zero, or a character outside the grammar.
    """
    text = data.rstrip(b"\0").decode("latin-1")
    if len(data) != 32 or not _CODE.fullmatch(text):
        raise RecordError("bytes32 is not a code: expected 1 to 32 of a-z, 0-9 and '-', then zeros")
    return Code(text)


@dataclass(frozen=True, slots=True)
class DatasetName:
    """A dataset as people name it: `labour/employment`, or one version: `labour/employment@3`."""

    department: Code
    slug: Code
    version: VersionNumber | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name that a user typed.

        Raises:
            InputError: it is not `department/slug` or `department/slug@version`.
        """
        match = _DATASET.fullmatch(text)
        version = int(match[3]) if match and match[3] else None
        if not match or (version or 0) > MAX_VERSION:
            raise InputError(
                f"{shown(text)} is not a dataset's name: "
                "expected department/slug or department/slug@version",
                hint="for example labour/employment or labour/employment@3",
            )
        return cls(
            Code(match[1]), Code(match[2]), None if version is None else VersionNumber(version)
        )

    def __str__(self) -> str:
        base = f"{self.department}/{self.slug}"
        return base if self.version is None else f"{base}@{self.version}"


def parse_address(text: str) -> Address:
    """Check an account's address and its EIP-55 checksum; all lower case carries no checksum.

    Raises:
        InputError: not 20 bytes in hexadecimal, or the checksum is wrong.
    """
    if not _ADDRESS.fullmatch(text):
        raise InputError(f"{shown(text)} is not an address: expected 0x and 40 hexadecimal digits")
    # Imported here: eth_utils takes 0.4 s to load, and most users of this module need no address.
    from eth_utils.address import to_checksum_address

    address = to_checksum_address(text)
    if text not in (address, text.lower()):
        raise InputError(
            f"{text} has a wrong checksum (EIP-55): expected {address}",
            hint="compare the address with its source, a character may be mistyped",
        )
    return Address(address)


def record_cid(digest: bytes) -> str:
    """The address in IPFS of the record whose SHA-256 is `digest`: CIDv1, raw, base32.

    Raises:
        ValueError: the digest is not 32 bytes.
    """
    if len(digest) != 32:
        raise ValueError(f"a digest has 32 bytes, this one has {len(digest)}")
    return cid_text(CID_RAW + digest)


def cid_text(data: bytes) -> str:
    """The spelling of a CID of which these are the bytes: lower-case base32."""
    from multiformats import CID  # here: 0.2 s to load, see parse_address

    return str(CID.decode(data).set(base="base32"))


def parse_cid(text: str) -> str:
    """Check that `text` is a CID as this ledger writes them, in its only spelling.

    Accepted are CIDv1, lower-case base32, sha2-256 of 32 bytes, codec raw (one block) or dag-pb
    (a file of several blocks).

    Raises:
        RecordError: anything else.
    """
    wrong = RecordError(
        f"{shown(text)} is not a CID of this ledger: "
        "expected CIDv1, base32, sha2-256, codec raw or dag-pb"
    )
    if not _CID.fullmatch(text):
        raise wrong
    # Not by multiformats, which looks for the library of whatever hash a stranger's CID names.
    data = base64.b32decode(text[1:].upper() + _CID_PADDING)
    # Base32 leaves unused bits in the last character: only the spelling with zeros there counts.
    spelled = base64.b32encode(data).decode("ascii").lower().rstrip("=")
    if data[:-32] not in (CID_RAW, CID_DAG_PB) or text != f"b{spelled}":
        raise wrong
    return text


def shown(text: str, limit: int = 60) -> str:
    """`text` for use in a message: quoted, without control characters, cut at `limit`."""
    return f"{text!a}" if len(text) <= limit else f"{text[:limit]!a}…"
