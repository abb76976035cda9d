"""The agency's verbs: admitting members and keeping the rules."""

from __future__ import annotations

from ledger.client.mined import only
from ledger.client.results import Admitted, Announced, DeadlinesChanged, Done, Ruled
from ledger.client.session import Because, Session
from ledger.client.terms import TermsRecords
from ledger.deployment import Deployment
from ledger.errors import InputError, NotFound, RefusedError
from ledger.events import (
    AdminResetAnnounced,
    AuditorRemoved,
    DeadlinesSet,
    DepartmentAdmitted,
    DeploymentRetired,
    GroupMemberSet,
    HandoverAccepted,
)
from ledger.identifiers import encode_code, parse_address, parse_code
from ledger.models import DepartmentCard, Level, ReasonCode, checking_input
from ledger.ports import Receipt


class Agency:
    """What the data-management authority decides; each verb needs its OFFICER account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def admit(
        self,
        code: str,
        admin: str,
        *,
        name: str,
        level: Level = Level.NATIONAL,
        parent: str | None = None,
        contact: str | None = None,
    ) -> Admitted:
        """Admit a department, whose ADMIN account is `admin`; a member after the notice period.

        Raises:
            InputError: a malformed code or address, or an unknown parent.
            ContractError: the code or the account is taken.
        """
        session = self._session
        address = parse_address(admin)
        if parent is not None:
            session.state().department(parent)
        with checking_input("the department's card"):
            card = DepartmentCard(
                code=parse_code(code),
                name=name,
                level=level,
                parent=parse_code(parent) if parent else None,
                contact=contact,
            )
        digest = session.publish_record(card)
        with session.intent("agency admit", code=code, admin=address, card=digest.hex()) as intent:
            receipt = session.act(
                "officer",
                "DepartmentRegistry",
                "admit",
                encode_code(card.code),
                address,
                digest,
                key=intent.key,
            )
        event = only(receipt, DepartmentAdmitted)
        return Admitted(event.department, card.code, event.effective_at)

    def suspend(self, code: str, *, reason: ReasonCode, text: str) -> Done:
        """Suspend a department at once.

        Raises:
            NotFound: no department has this code.
            ContractError: it is the agency, or suspended already.
        """
        return self._status("suspend", code, reason, text)

    def reinstate(self, code: str, *, reason: ReasonCode, text: str) -> Done:
        """End a department's suspension at once.

        Raises:
            NotFound: no department has this code.
            ContractError: it isn't suspended.
        """
        return self._status("reinstate", code, reason, text)

    def appoint_auditor(self, code: str) -> Done:
        """Make a member an auditing body, which sealed annexes are encrypted to as well.

        Raises:
            NotFound: no department has this code.
            ContractError: it is an auditor already.
        """
        department = self._session.state().department(code)
        return self._session.decide(
            "agency auditor", "DepartmentRegistry", "appointAuditor", department.id
        )

    def remove_auditor(self, code: str, *, reason: ReasonCode, text: str) -> Announced:
        """End an auditing body's appointment after the notice period; what it can read, it keeps.

        Raises:
            NotFound: no department has this code.
            ContractError: it is no auditor, or its removal is announced already.
        """
        session = self._session
        department = session.state().department(code)
        receipt = session.send_because(
            "agency auditor remove",
            "DepartmentRegistry",
            "removeAuditor",
            department.id,
            because=Because(reason, text),
        )
        return _announced(receipt, only(receipt, AuditorRemoved).effective_at)

    def set_group_member(self, group: str, code: str, *, member: bool) -> Announced:
        """Put a department into a group after the notice period, or take it out at once; who is in
        it, or about to be, keeps its time.

        Raises:
            InputError: a malformed name of a group, or it is to leave one that it isn't in.
            NotFound: no department has this code.
        """
        session, command = self._session, "agency group"
        name = parse_code(group)
        department = session.state().department(code)
        if not member and name not in department.groups and not self._broken_off(command):
            raise InputError(
                f"{department.code} is not in the group {name}",
                hint=f"see who is: ledger department list --group {name}",
            )
        receipt = session.send(
            command,
            "DepartmentRegistry",
            "setGroupMember",
            encode_code(name),
            department.id,
            member,
        )
        return _announced(receipt, only(receipt, GroupMemberSet).effective_at)

    def reset(self, code: str, admin: str, *, reason: ReasonCode, text: str) -> Announced:
        """Give a department that lost its ADMIN a new one after the notice period; until then any
        account of the department can stop it.

        None of the grants that it has then holds until its owner resumes it.

        Raises:
            NotFound: no department has this code.
            InputError: a malformed address.
            ContractError: it is the agency, another reset of it is pending, or the account is
                taken.
        """
        session = self._session
        receipt = session.send_because(
            "agency reset",
            "DepartmentRegistry",
            "resetAdmin",
            session.state().department(code).id,
            parse_address(admin),
            because=Because(reason, text),
        )
        return _announced(receipt, only(receipt, AdminResetAnnounced).effective_at)

    def propose_handover(self, code: str) -> Done:
        """Propose another member as the agency; it accepts with `accept_handover`.

        Raises:
            NotFound: no department has this code.
            ContractError: it is the agency, or not in good standing.
        """
        department = self._session.state().department(code)
        return self._propose("agency handover propose", department.id)

    def cancel_handover(self) -> Done:
        """Take back the proposal of another agency, or a handover that isn't in effect yet.

        Raises:
            NotFound: there is neither.
            ContractError: this isn't the agency.
        """
        session, command = self._session, "agency handover cancel"
        state = session.state()
        announced = state.proposed_agency or state.agencies.pending(session.now())
        if not announced and not self._broken_off(command):
            raise NotFound("no handover is proposed or announced", hint="ledger inbox")
        return self._propose(command, 0)

    def accept_handover(self) -> Announced:
        """Become the agency after the notice period, as the present one proposed.

        Raises:
            ContractError: this department isn't proposed, or a reset of its ADMIN is pending.
        """
        session = self._session
        agency = session.state().agency_at(session.now())
        # An acceptance that a crash broke off shall never pass for one of a later agency's offer.
        with session.intent("agency handover accept", agency=agency) as intent:
            receipt = session.act("officer", "DepartmentRegistry", "acceptHandover", key=intent.key)
        return _announced(receipt, only(receipt, HandoverAccepted).effective_at)

    def retire(self, successor: Deployment) -> Announced:
        """Retire this deployment after the notice period in favour of another, which anyone then
        finds in IPFS by the digest on the chain.

        Raises:
            InputError: the other doesn't say that it takes over from this one.
            ContractError: this isn't the agency, or the deployment is retired already.
        """
        session = self._session
        if successor.predecessor != session.deployment:
            said = successor.predecessor.hex() if successor.predecessor else "none"
            raise InputError(
                f"that deployment's predecessor is {said}, expected this ledger's, "
                f"{session.deployment.hex()}",
                hint="deploy the successor with this deployment as its predecessor",
            )
        session.ipfs.put_block(successor.first_part)
        receipt = session.send("agency retire", "DepartmentRegistry", "retire", successor.digest)
        return _announced(receipt, only(receipt, DeploymentRetired).effective_at)

    def set_deadlines(
        self, *, respond: int, release: int, acknowledge: int, comply: int, attest: int
    ) -> DeadlinesChanged:
        """Set the periods, in seconds, for deadlines that begin after the notice period.

        Raises:
            ContractError: one is below the deployment's minimum.
        """
        periods = (respond, release, acknowledge, comply, attest)
        session = self._session
        with session.intent("agency deadline", periods=list(periods)) as intent:
            receipt = session.act(
                "officer", "DepartmentRegistry", "setDeadlines", periods, key=intent.key
            )
        return DeadlinesChanged(*periods, only(receipt, DeadlinesSet).effective_at)

    def rule(
        self, number: int, *, order: bool, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Ruled:
        """Rule on an escalated request, under the terms that were asked for: order the owner to
        grant it, or uphold its refusal. `grounds` are sealed to both parties and the auditors.

        Raises:
            NotFound: no such request.
            RecordUnavailable: its terms can't be fetched.
            IntegrityError: its terms contradict the chain.
            RefusedError: nobody could comply with the order.
            ContractError: it isn't escalated, or is the agency's own.
        """
        session, state = self._session, self._session.state()
        grant = state.grant(number)
        if order and grant.expired(session.now()):
            raise RefusedError(
                f"request {number} is past the end of what it asks for: nobody can comply",
                hint="uphold the refusal; who asked may ask again",
            )
        TermsRecords(session).terms(number)
        parties = (state.departments[grant.requester], state.departments[grant.owner])
        because = Because(reason, text, grounds, parties)
        session.decide_because(
            "agency ruling", "AccessGrants", "rule", grant.id, grant.terms, order, because=because
        )
        made = session.state().grant(number).order if order else None
        return Ruled(
            grant.id,
            order,
            made.effective_at if made else None,
            made.comply_by if made else None,
        )

    def _broken_off(self, command: str) -> bool:
        """Whether a run of it ended before it was done: what it began is finished, not refused."""
        return bool(self._session.store.unfinished(command))

    def _propose(self, command: str, successor: int) -> Done:
        return self._session.decide(command, "DepartmentRegistry", "proposeHandover", successor)

    def _status(self, verb: str, code: str, reason: ReasonCode, text: str) -> Done:
        return self._session.decide_because(
            f"agency {verb}",
            "DepartmentRegistry",
            verb,
            self._session.state().department(code).id,
            because=Because(reason, text),
        )


def _announced(receipt: Receipt, effective_at: int) -> Announced:
    return Announced(receipt.transaction, receipt.block.number, effective_at)
