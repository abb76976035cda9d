"""Every command broken off before each durable step, then run again: exactly one effect."""

from __future__ import annotations

import pytest

from tests.faults.asking import ASKING
from tests.faults.backups import BACKUPS
from tests.faults.breaking import END, How, fills_a_disk
from tests.faults.deliveries import DELIVERIES
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.stage import Outcome, Stage

AGENTS = ("release", "derive", "answer")
"""Those whose command is an agent's round."""

each_command = pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(scenario, id=scenario.name)
        for scenario in (*SCENARIOS, *BACKUPS, *ASKING, *DELIVERIES)
    ],
)


@pytest.mark.parametrize("how", ["kill", "interrupt", "full"])
@each_command
def test_a_command_that_is_broken_off_anywhere_and_run_again_has_one_effect(
    stage: Stage, scenario: Scenario, how: How
) -> None:
    scenario.prepare(stage)
    mark, command = stage.mark(), scenario.command(stage)
    unharmed = stage.run(command)
    assert unharmed.code == 0, unharmed.output
    scenario.require_one_effect(stage, mark)
    for number, point in enumerate(unharmed.points, start=1):
        if how == "full" and not fills_a_disk(point):
            continue
        stage.back(mark)
        where = f"{how} at point {number} of {unharmed.points}"
        broken = stage.run(command, at=number, how=how)
        assert broken.points[:number] == unharmed.points[:number], where
        require_ended_as_it_should(scenario, how, point, broken, where)
        ended = point == END or broken.code == 0
        if not (ended and scenario.repeats):
            again = stage.run(command)
            expected = scenario.done_code if ended else 0
            assert again.code == expected, f"{where}: {again.output}"
        scenario.require_one_effect(stage, mark)


def require_ended_as_it_should(
    scenario: Scenario, how: How, point: str, broken: Outcome, where: str
) -> None:
    if how == "kill":
        assert broken.killed, f"{where}: {broken.output}"
    elif how == "interrupt" and scenario.name in AGENTS and point != END:
        # The agent ends its round first.
        assert broken.code == 0, f"{where}: {broken.output}"
    elif how == "interrupt":
        assert broken.code == 130, f"{where}: {broken.output}"
        assert "goes on where it stopped" in broken.output or point == END
    else:
        assert broken.code == 1, f"{where}: {broken.output}"
        assert "space" in broken.output, where
        assert "Traceback" not in broken.output, where
