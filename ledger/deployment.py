"""The deployment file: which contracts on which chain are the ledger, as one canonical record."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from ledger.errors import InputError, RecordError
from ledger.identifiers import Address, ContractName, Digest, parse_address
from ledger.recordmodel import Digest32, Part, RecordModel, require_same
from ledger.records import decode, digest, encode

CONTRACTS: Final[tuple[ContractName, ...]] = get_args(ContractName)
"""Every contract, in the order of deployment."""

_OUTSIDE_THE_DIGEST: Final = frozenset({"validators", "checkpoints"})


def _address(text: str) -> str:
    try:
        address = parse_address(text)
    except InputError as error:
        raise ValueError(error.message) from error
    if address != text:
        raise ValueError(f"is not in EIP-55 spelling: expected {address}")
    return address


AddressText = Annotated[Address, AfterValidator(_address)]
"""An account or a contract, in EIP-55 spelling."""

_BlockNumber = Annotated[int, Field(ge=0, le=2**53 - 1)]
_DelaySeconds = Annotated[int, Field(ge=0, le=2**32 - 1)]


class Contract(Part):
    """Where a contract is, and the Keccak-256 of its runtime code."""

    address: AddressText
    code_hash: Digest32


class Delays(Part):
    """What was fixed at deployment, in seconds."""

    notice_period: _DelaySeconds
    """Between an act of the agency and its effect."""
    key_delay: _DelaySeconds
    """Until a later encryption key takes effect."""
    minimum_period: _DelaySeconds
    """The shortest period that the agency may set."""


class Checkpoint(Part):
    """A block that departments vouch for."""

    block_number: _BlockNumber
    block_hash: Digest32


class Deployment(RecordModel):
    """One deployment of the ledger (design, section 3, "Deployment file").

    Validators and checkpoints change while the ledger lives: they are outside the digest.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/deployment"

    type: Literal["sharing-ledger/v1/deployment"] = "sharing-ledger/v1/deployment"
    chain_id: Annotated[int, Field(ge=1, le=2**53 - 1)]
    genesis_hash: Digest32
    engine: Literal["ganache", "anvil", "qbft"]
    contracts: dict[ContractName, Contract]
    first_block: _BlockNumber
    delays: Delays
    predecessor: Digest32 | None = None
    """The digest of the deployment that this one takes over from."""
    validators: tuple[AddressText, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in CONTRACTS if name not in self.contracts]
        if missing:
            raise ValueError(f"contracts lacks {', '.join(missing)}")
        if len({contract.address for contract in self.contracts.values()}) != len(CONTRACTS):
            raise ValueError("two contracts have the same address")
        if list(self.validators) != sorted(set(self.validators), key=str.lower):
            raise ValueError("validators must ascend, each once")
        numbers = [checkpoint.block_number for checkpoint in self.checkpoints]
        if numbers != sorted(set(numbers)):
            raise ValueError("checkpoints must ascend by block, each once")
        return self

    @property
    def first_part(self) -> bytes:
        """The record without validators and checkpoints: what is digested.

        A retired deployment's successor is found in IPFS by that digest, so this is stored there.
        """
        members = self.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude=set(_OUTSIDE_THE_DIGEST)
        )
        return encode(members)

    @property
    def digest(self) -> Digest:
        """The deployment digest, SHA-256 of the first part; every ciphertext is bound to it."""
        return digest(self.first_part)

    @classmethod
    def from_first_part(cls, data: bytes) -> Self:
        """Read a deployment's first part; validators and checkpoints have to come from elsewhere.

        Raises:
            RecordError: it is something else.
        """
        outside: dict[str, object] = {name: [] for name in _OUTSIDE_THE_DIGEST}
        record = cls.from_bytes(encode(decode(data) | outside))
        if record.first_part != data:
            raise RecordError("this is more than the first part of a deployment")
        return record

    def require_succeeds(self, retired: Digest, *, successor: bytes) -> None:
        """Check that this deployment and the retired one name each other.

        `successor` is what the retired one's `DeploymentRetired` names.

        Raises:
            RecordError: one of them names another.
        """
        require_same(
            "successor",
            {"digest": (self.digest, successor), "predecessor": (self.predecessor, retired)},
        )

    def contract_at(self, address: str) -> ContractName | None:
        """The name of the ledger's contract at this address, in any spelling."""
        wanted = address.lower()
        found = (n for n, c in self.contracts.items() if c.address.lower() == wanted)
        return next(found, None)
