"""What the agency and the departments do to govern the ledger, on a real one."""

from __future__ import annotations

import pytest

from ledger.client import Ledger
from ledger.codes import ReasonCode
from ledger.errors import ContractError, InputError
from ledger.testing import World

pytestmark = pytest.mark.integration

DAY_S = 86_400


@pytest.fixture
def agency(ledger_world: World) -> Ledger:
    """The agency."""
    return ledger_world.department("agency")


def kinds(ledger: Ledger) -> list[str]:
    return [item.kind for item in ledger.inbox()]


def test_groups_and_auditors_change_by_notice(ledger_world: World, agency: Ledger) -> None:
    health = ledger_world.department("health")
    joined = agency.agency.set_group_member("hospitals", "health", member=True)
    assert joined.effective_at > health.session.chain.head().timestamp
    # Naming it again keeps its time.
    again = agency.agency.set_group_member("hospitals", "health", member=True)
    assert again.effective_at == joined.effective_at
    assert not health.session.me().in_group("hospitals", joined.effective_at - 1)
    assert health.session.me().in_group("hospitals", joined.effective_at)
    agency.agency.set_group_member("hospitals", "health", member=False)
    assert not health.session.me().groups
    with pytest.raises(InputError, match="is not a code"):
        agency.agency.set_group_member("All hospitals", "health", member=True)
    with pytest.raises(ContractError) as refused:
        health.agency.set_group_member("hospitals", "health", member=True)
    assert refused.value.name == "AgencyOnly"

    agency.agency.appoint_auditor("health")
    ending = agency.agency.remove_auditor(
        "health", reason=ReasonCode.TERM_ENDED, text="Four years are over."
    )
    assert health.session.me().auditor(ending.effective_at - 1)
    assert not health.session.me().auditor(ending.effective_at)
    with pytest.raises(ContractError) as refused:
        agency.agency.remove_auditor("health", reason=ReasonCode.TERM_ENDED, text="Again.")
    assert refused.value.name == "NotAnAuditor"
