"""A department's own verbs: its accounts and its encryption keys."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.client.erasure import replace_archive_key
from ledger.client.mined import done
from ledger.client.results import ArchiveKeyReplaced, Done, KeyPublished
from ledger.client.session import Session
from ledger.errors import ConfigError, InputError, NotFound
from ledger.identifiers import Address, KeyNumber, parse_address
from ledger.ports import Capability

CAPABILITY_BITS: dict[Capability, int] = {"admin": 1, "officer": 2, "agent": 4}


class OwnDepartment:
    """What a department's ADMIN does; other members see it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_account(self, address: str, capabilities: Iterable[Capability]) -> Done:
        """Let an account act for this department.

        Raises:
            InputError: a malformed address, or no capability.
            ContractError: the account is a member's already.
        """
        bits = sum(CAPABILITY_BITS[capability] for capability in set(capabilities))
        if bits == 0:
            raise InputError("an account needs a capability: admin, officer or agent")
        return self._session.decide(
            "department account add",
            "DepartmentRegistry",
            "addAccount",
            parse_address(address),
            bits,
            capability="admin",
        )

    def remove_account(self, address: str) -> Done:
        """Take every capability from an account of this department.

        Raises:
            InputError: a malformed address.
            ContractError: it is not this department's, or its last ADMIN.
        """
        return self._session.decide(
            "department account remove",
            "DepartmentRegistry",
            "removeAccount",
            parse_address(address),
            capability="admin",
        )

    def publish_key(self) -> KeyPublished:
        """Publish the next encryption key: the first takes effect at once, a rotation after the key
        delay.

        The private key is in the sealed keyset before the public one is sent, so that a crash can't
        lose it.

        Raises:
            ContractError: a rotation is pending.
        """
        session = self._session
        keyset = session.keys.load().with_pending()
        session.keys.save(keyset)
        public_key = keyset.pending.public_key if keyset.pending else b""
        published = session.me().keys
        # A crash between the transaction and the note: the chain has numbered the pending key
        # already.
        number = next((n for n, key in published.items() if key.public_key == public_key), None)
        if number is None:
            number = KeyNumber(max(published, default=0) + 1)
            with session.intent("department key publish", number=number) as intent:
                session.act(
                    "admin",
                    "DepartmentRegistry",
                    "publishKey",
                    number,
                    public_key,
                    key=intent.key,
                )
        session.keys.save(keyset.numbered(number))
        key = session.me().keys[number]
        return KeyPublished(number, key.digest, key.effective_at)

    def retire_key(self, number: int) -> Done:
        """Retire a key: nothing is released to it any more; the private key stays here.

        Raises:
            ContractError: there is no such key, or it is retired.
        """
        return self._session.decide(
            "department key retire", "DepartmentRegistry", "retireKey", number, capability="admin"
        )

    def replace_archive_key(self) -> ArchiveKeyReplaced:
        """Seal every data key to a fresh archive key, then destroy the former one.

        Raises:
            InputError: something is being published or backed up.
            IntegrityError: a stored data key doesn't open.
        """
        return replace_archive_key(self._session)

    def veto_reset(self) -> Done:
        """Stop the pending reset of this department's ADMIN, with any of its accounts.

        Raises:
            NotFound: no reset was announced, or the last one is vetoed.
            ConfigError: this home has no account that acts for the department.
            ContractError: the reset has taken effect.
        """
        session, me = self._session, self._session.me()
        if not me.resets or me.resets[-1].vetoer is not None:
            raise NotFound(f"no reset of {me.code}'s ADMIN is pending")
        reset = me.resets[-1]
        # A veto that a crash broke off shall never pass for one of a later reset.
        with session.intent(
            "department veto", admin=reset.admin, effective_at=reset.effective_at
        ) as intent:
            receipt = session.act(self._acting(), "DepartmentRegistry", "vetoReset", key=intent.key)
        return done(receipt)

    def _acting(self) -> Capability:
        """What an account of this home may act as: one may be removed, or lost."""
        session, me = self._session, self._session.me()
        for capability in CAPABILITY_BITS:
            try:
                address = Address(session.accounts.signer(capability).address)
            except ConfigError:
                continue
            if me.capabilities(address, session.now()):
                return capability
        raise ConfigError(
            f"no account of this home acts for {me.code}",
            hint=f"see which ones do: ledger department show {me.code}",
        )
