"""What parties and arbiters do about deliveries that can't be used, and auditors about receipts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ledger.client.disclosing import Judgement, disclose, judge
from ledger.client.proving import GenuineReceipt, Proved, check_proof, prove
from ledger.client.results import Disclosed, Done
from ledger.client.session import Because, Session
from ledger.errors import InputError
from ledger.models import ReasonCode
from ledger.ports import Capability

DEFAULT_TIMEOUT_S = 120.0


class Disputing:
    """Verbs of disputes, from raising one to its end."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def decline(self, number: int, *, reason: ReasonCode, text: str) -> Done:
        """Decline a transfer that was opened.

        Raises:
            NotFound: no such transfer.
            ContractError: it isn't this department's to decline, or released already.
        """
        return self._because("decline", number, Because(reason, text))

    def dispute(
        self,
        number: int,
        *,
        reason: ReasonCode,
        text: str,
        grounds: str | None = None,
        arbiters: Iterable[str] = (),
    ) -> Done:
        """Say that a release can't be used, which stops its clock; the owner may release once more.

        `grounds` are sealed to the owner and the auditing bodies. `arbiters` are the departments of
        which any may judge the payload, if the owner wants it to.

        Raises:
            NotFound: no such transfer or arbiter.
            InputError: an arbiter is a party, or the reason has none.
            ContractError: it isn't this department's, or not released.
        """
        state = self._session.state()
        transfer = state.transfer(number)
        judges = [state.department(code) for code in set(arbiters)]
        for one in judges:
            if one.id in (transfer.sender, transfer.receiver):
                raise InputError(f"{one.code} is a party to transfer {number}: it can't judge it")
        codes = tuple(sorted(one.code for one in judges))
        owner = state.departments[transfer.sender]
        because = Because(reason, text, grounds, readers=(owner,), arbiters=codes)
        return self._because("dispute", number, because)

    def settle(
        self,
        number: int,
        *,
        reason: ReasonCode = ReasonCode.RESOLVED,
        text: str,
        grounds: str | None = None,
    ) -> Done:
        """End a dispute that this department raised, or any as the agency.

        `grounds` are sealed to the parties and the auditing bodies.

        Raises:
            NotFound: no such transfer.
            ContractError: it isn't this department's, or not disputed.
        """
        state, me = self._session.state(), self._session.me().id
        transfer = state.transfer(number)
        capability: Capability = "agent" if transfer.receiver == me else "officer"
        parties = tuple(state.departments[one] for one in (transfer.sender, transfer.receiver))
        return self._because("settle", number, Because(reason, text, grounds, parties), capability)

    def disclose(self, number: int, arbiter: str) -> Disclosed:
        """Give the key of a disputed payload to an arbiter whom the receiver accepts.

        Raises:
            NotFound: no such transfer or department.
            InputError: this department didn't send it.
            RefusedError: it isn't disputed, the receiver accepts others, the arbiter has no
                encryption key, or the payload's isn't here.
            IntegrityError: the dispute's reason or the arbiter's key is not what it should be.
            ContractError: the ledger's rules refuse it.
        """
        return disclose(self._session, number, arbiter)

    def arbitrate(self, number: int, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Judgement:
        """Judge a disputed payload by its commitments, with the key that was disclosed to this
        department; nothing of it is kept.

        Raises:
            NotFound: no such transfer, or nothing of its latest release was disclosed to this
                department; its own private key isn't here.
            RecordUnavailable: no node has reason, manifest or payload.
            RefusedError: the receiver doesn't accept this arbiter.
            IntegrityError: reason or manifest isn't what the chain says.
        """
        return judge(self._session, number, timeout_s=timeout_s)

    def prove(self, number: int, auditor: str, out: Path) -> Proved:
        """Write what shows an auditing body that a transfer's receipt is genuine, sealed to it.

        Raises:
            NotFound: no such transfer or department.
            InputError: this department didn't send it, the other is no auditing body, or the file
                exists already.
            RefusedError: there is no receipt, the key or hash isn't here, or a party has no key.
            IntegrityError: the receipt is wrong, so that nothing can show that it is genuine.
        """
        return prove(self._session, number, auditor, out)

    def check_proof(self, number: int, data: bytes) -> GenuineReceipt:
        """Recompute a receipt's tag from what its owner disclosed to this department.

        Raises:
            NotFound: no such transfer, or it isn't sealed to a key of this department.
            RefusedError: the transfer has no receipt.
            RecordError: it is no such record, or of another receipt.
            IntegrityError: it was altered, or the tag wasn't made with what was disclosed.
        """
        return check_proof(self._session, number, data)

    def _because(
        self, verb: str, number: int, because: Because, capability: Capability = "agent"
    ) -> Done:
        transfer = self._session.state().transfer(number)
        return self._session.decide_because(
            f"transfer {verb}",
            "TransferLog",
            verb,
            transfer.id,
            because=because,
            capability=capability,
        )
