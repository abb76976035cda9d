"""What a backup's entries are called, and the first of them: the home's configuration.

In this order: `home`, `deployment.json`, `keyset.json`, `accounts/<role>.json`, then any number of
`row/<table>`, of `record/<SHA-256>` and of `payload/<CID>`. Any other name is refused.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field

from ledger.config import ROLES, Home, RemoteAccount
from ledger.deployment import AddressText
from ledger.envelope.backup import Entry
from ledger.errors import IntegrityError, RecordError
from ledger.recordmodel import CodeText, Line, Part, RecordModel

HOME: Final = "home"
DEPLOYMENT: Final = "deployment.json"
KEYSET: Final = "keyset.json"
MAX_FILE_BYTES: Final = 1024 * 1024

Role = Literal["admin", "officer", "agent"]


class SignerAccount(Part):
    """An account whose key is with a signer: there is no file of it."""

    rpc: Line
    address: AddressText


class HomeRecord(RecordModel):
    """A home's configuration, without what names places on one machine."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/home"

    type: Literal["sharing-ledger/v1/home"] = "sharing-ledger/v1/home"
    name: CodeText
    """The profile that it was."""
    rpc: Annotated[tuple[Line, ...], Field(min_length=1)]
    ipfs: Annotated[tuple[Line, ...], Field(min_length=1)]
    files: tuple[Role, ...]
    """The roles whose accounts are files."""
    signers: dict[Role, SignerAccount]

    @classmethod
    def of(cls, home: Home) -> Self:
        """The configuration of a home."""
        remote = {
            role: {"rpc": account.rpc, "address": account.address}
            for role, account in home.accounts.items()
            if isinstance(account, RemoteAccount)
        }
        return cls.model_validate(
            {
                "name": home.name,
                "rpc": home.rpc,
                "ipfs": home.ipfs,
                "files": tuple(role for role in ROLES if role in home.accounts.keys() - remote),
                "signers": remote,
            }
        )


def account_entry(role: str) -> str:
    """The entry of an account's file, which is also its place in a home."""
    return f"accounts/{role}.json"


def digest_in(name: str) -> bytes:
    """The SHA-256 that the name of a `record/…` entry says.

    Raises:
        IntegrityError: it says none.
    """
    try:
        return bytes.fromhex(name.partition("/")[2])
    except ValueError as error:
        raise unknown(name) from error


def unknown(name: str) -> IntegrityError:
    """The refusal of an entry that this program doesn't know."""
    return RecordError(
        f"the backup has an entry {name!r} that this program doesn't know",
        hint="use the version of this program that wrote the backup, or a later one",
    )


def home_record(entry: Entry | None) -> HomeRecord:
    """The first entry of a backup.

    Raises:
        IntegrityError: it is something else.
    """
    if entry is None or entry.name != HOME:
        raise unknown("" if entry is None else entry.name)
    return HomeRecord.from_bytes(entry.read(MAX_FILE_BYTES))
