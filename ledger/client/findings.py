"""Findings: what the agency or an auditing body found about a department, good or bad."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.client.mined import done
from ledger.client.results import Done, FindingView
from ledger.client.session import Session
from ledger.envelope.annex import open_annex, seal_annex
from ledger.errors import NotFound, RecordError, RecordUnavailable
from ledger.identifiers import GrantId, TransferId
from ledger.models import Finding, ReasonCode, checking_input
from ledger.provenance import Department
from ledger.words import there_are


class Findings:
    """Publishing findings takes an OFFICER of the agency or an auditing body; all may read them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def publish(
        self,
        code: str,
        *,
        reason: ReasonCode,
        text: str,
        grounds: str | None = None,
        grants: Sequence[int] = (),
        transfers: Sequence[int] = (),
    ) -> Done:
        """Publish a finding about a department, with the grants and transfers that show it.

        `grounds` are sealed to the department, this one and the auditing bodies.

        Raises:
            NotFound: no such department, grant or transfer.
            InputError: malformed text.
            RefusedError: there are grounds, and a department has no key to seal them to.
            ContractError: this is neither the agency nor an auditing body.
        """
        session, state = self._session, self._session.state()
        department = state.department(code)
        shown = (
            sorted({state.grant(number).id for number in grants}),
            sorted({state.transfer(number).id for number in transfers}),
        )
        with session.intent(
            "audit finding",
            department=department.code,
            reason=reason.label,
            text=text,
            grants=shown[0],
            transfers=shown[1],
        ) as intent:
            if "finding" not in intent.state:
                # Sealed grounds have a fresh key each time: kept, so that a second run names the
                # same digest.
                record = self._record(department, reason, text, grounds, *shown)
                intent.save(finding=session.publish_record(record).hex())
            finding = (int(reason), bytes.fromhex(str(intent.state["finding"])))
            receipt = session.act(
                "officer",
                "DepartmentRegistry",
                "publishFinding",
                department.id,
                finding,
                key=intent.key,
            )
        return done(receipt)

    def about(self, code: str) -> list[FindingView]:
        """The findings about a department, the oldest first.

        Raises:
            NotFound: no department has this code.
        """
        department = self._session.state().department(code)
        numbers = range(1, len(department.findings) + 1)
        return [self._view(department, number) for number in numbers]

    def show(self, code: str, number: int) -> FindingView:
        """One finding about a department; they are numbered from 1, the oldest first.

        Raises:
            NotFound: no such department, or no such finding about it.
        """
        department = self._session.state().department(code)
        self._require(department, number)
        return self._view(department, number)

    def sealed(self, code: str, number: int) -> dict[str, object]:
        """The sealed part of a finding, for those to whom it is sealed.

        Raises:
            NotFound: no such finding, nothing sealed in it, or not to this department.
            RecordUnavailable: no node has the record.
            IntegrityError: it was altered, or contradicts the chain.
        """
        session = self._session
        department = session.state().department(code)
        self._require(department, number)
        return open_annex(
            self._fetch(department, number),
            session.keys.load(),
            department=session.code,
            deployment=session.deployment,
        )

    def _record(
        self,
        department: Department,
        reason: ReasonCode,
        text: str,
        grounds: str | None,
        grants: Sequence[GrantId],
        transfers: Sequence[TransferId],
    ) -> Finding:
        session = self._session
        with checking_input("the finding"):
            record = Finding(
                department=department.code,
                finder=session.code,
                code=reason,
                text=text,
                grants=tuple(grants),
                transfers=tuple(transfers),
            )
        if grounds is None:
            return record
        readers = session.recipients([department, session.me()])
        return seal_annex(record, {"grounds": grounds}, readers, deployment=session.deployment)

    def _view(self, department: Department, number: int) -> FindingView:
        published = department.findings[number - 1]
        # A record that can't be fetched, or isn't what it should be, is treated as absent.
        try:
            record = self._fetch(department, number)
        except (RecordUnavailable, RecordError):
            record = None
        return FindingView(
            number=number,
            department=department.code,
            finder=self._session.state().departments[published.finder].code,
            reason_code=published.decision.code,
            found_at=published.decision.decided_at,
            record=record,
        )

    def _fetch(self, department: Department, number: int) -> Finding:
        published = department.findings[number - 1]
        record = self._session.fetch_record(Finding, published.decision.digest)
        record.require_match(
            department=department.code,
            finder=self._session.state().departments[published.finder].code,
            code=published.decision.code,
        )
        return record

    @staticmethod
    def _require(department: Department, number: int) -> None:
        if not 1 <= number <= len(department.findings):
            raise NotFound(
                f"there is no finding {number} about {department.code}; "
                f"{there_are(len(department.findings))}",
                hint=f"ledger department show {department.code}",
            )
