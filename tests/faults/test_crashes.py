"""Commands broken off before each durable step, then run again: exactly one effect."""

from __future__ import annotations

from operator import attrgetter

import pytest

from tests.faults.breaking import How
from tests.faults.crashing import HOWS, require_one_effect_wherever_broken_off
from tests.faults.deliveries import DELIVERIES
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.stage import Stage


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("scenario", [*SCENARIOS, *DELIVERIES], ids=attrgetter("name"))
def test_a_command_that_is_broken_off_anywhere_and_run_again_has_one_effect(
    stage: Stage, scenario: Scenario, how: How
) -> None:
    require_one_effect_wherever_broken_off(stage, scenario, how)
