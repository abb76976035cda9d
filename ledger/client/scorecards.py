"""Scorecards: how the departments did in a period, and the standings that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from ledger.client.mined import only
from ledger.client.results import Scored
from ledger.client.session import Session
from ledger.errors import InputError
from ledger.events import ScorecardPublished
from ledger.identifiers import DepartmentId, Digest
from ledger.models import Duty, Scorecard, ScorecardLine, checking_input
from ledger.provenance import Department
from ledger.provenance.performance import Period, performance

MAX_STANDING = 255


class Scorecards:
    """Counting is everybody's; publishing takes an OFFICER of the agency."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(
        self, *, since: int, until: int, standings: Mapping[str, int] | None = None
    ) -> tuple[ScorecardLine, ...]:
        """Count every member's period from `since` until `until` (Unix seconds, not part of it), by
        code; who isn't in `standings` keeps its own.

        Raises:
            NotFound: no department has one of the codes.
            InputError: the period is not over, or a standing isn't 0 to 255.
        """
        session, state, given = self._session, self._session.state(), standings or {}
        if until > session.chain.head().timestamp:
            raise InputError("the period is not over: its end is after the latest block")
        for code, standing in given.items():
            state.department(code)
            if not 0 <= standing <= MAX_STANDING:
                raise InputError(f"the standing of {code} is {standing}, expected 0 to 255")
        members = [one for one in state.departments.values() if one.admitted_at < until]
        return tuple(
            self._line(one, Period(since, until), given.get(one.code))
            for one in sorted(members, key=lambda one: one.code)
        )

    def publish(
        self, *, since: int, until: int, method: str, standings: Mapping[str, int]
    ) -> Scored:
        """Count a period as `count` does and publish it, with the standings that are given, which
        are in effect after the notice period.

        Raises:
            NotFound: no department has one of the codes.
            InputError: as of `count`, no standing is given, one is a later member's, the period is
                empty, or the text is malformed.
            ContractError: this is not the agency.
        """
        session = self._session
        if not standings:
            raise InputError("a scorecard is published with standings: none is given")
        with session.intent(
            "agency scorecard", since=since, until=until, method=method, standings=dict(standings)
        ) as intent:
            if "scorecard" not in intent.state:
                lines = self.count(since=since, until=until, standings=standings)
                missing = sorted(set(standings) - {line.department for line in lines})
                if missing:
                    raise InputError(f"no member in that period: {', '.join(missing)}")
                with checking_input("the scorecard"):
                    record = Scorecard(
                        agency=session.code,
                        period_from=since,
                        period_until=until,
                        method=method,
                        lines=lines,
                    )
                intent.save(scorecard=session.publish_record(record).hex())
            digest = Digest(bytes.fromhex(str(intent.state["scorecard"])))
            state = session.state()
            rows = sorted((state.department(code).id, n) for code, n in standings.items())
            limit = int(session.chain.read("DepartmentRegistry", "MAX_STANDINGS"))
            for number, part in enumerate(_parts(rows, limit)):
                receipt = session.act(
                    "officer",
                    "DepartmentRegistry",
                    "publishScorecard",
                    digest,
                    part,
                    key=f"{intent.key}:{number}",
                )
                only(receipt, ScorecardPublished)
        return Scored(digest, len(rows), receipt.transaction, receipt.block.number)

    def _line(self, member: Department, period: Period, standing: int | None) -> ScorecardLine:
        counted = performance(self._session.state(), member.id, period)
        if standing is None:
            standing = member.standing(self._session.now())
        duties = ("respond", "release", "acknowledge", "comply", "attest")
        tallies = {name: Duty(**asdict(getattr(counted, name))) for name in duties}
        return ScorecardLine(
            department=member.code,
            standing=standing,
            versions_published=counted.versions_published,
            refused_attempts=counted.refused_attempts,
            disputes_against=counted.disputes_against,
            findings=counted.findings,
            **tallies,
        )


def _parts(
    rows: Sequence[tuple[DepartmentId, int]], limit: int
) -> Iterator[Sequence[tuple[DepartmentId, int]]]:
    """The standings of each call."""
    for first in range(0, len(rows), limit):
        yield rows[first : first + limit]
