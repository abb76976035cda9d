"""What is asked of every command that is broken off before one of its durable steps."""

from __future__ import annotations

from tests.faults.breaking import END, How, fills_a_disk
from tests.faults.scenarios import Scenario
from tests.faults.stage import Outcome, Stage

HOWS: tuple[How, ...] = ("kill", "interrupt", "full")
AGENTS = ("release", "derive", "answer")
"""Those whose command is an agent's round."""


def require_one_effect_wherever_broken_off(stage: Stage, scenario: Scenario, how: How) -> None:
    """Break a command off at each of its points in turn, and run it again."""
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
