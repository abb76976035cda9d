"""The documentation is true: its commands run and print what it says, its links lead somewhere."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from ledger.cli.app import app
from tests.cli.commands import COMMANDS
from tests.unit.office import two_homes

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]
END = "end of the command, exit code"
# A command that waits for something that never comes ends after this.
PATIENCE_S = 240


@dataclass(frozen=True)
class Line:
    """A command of a transcript with the lines that it is said to print."""

    command: str
    printed: tuple[str, ...]


def transcript(page: Path) -> list[Line]:
    """The commands in a page's `console` blocks, in order."""
    lines: list[Line] = []
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *printed = part.splitlines()
            lines.append(Line(command, tuple(printed)))
    return lines


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    """A folder that looks like the checkout, for whatever the tour leaves behind."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "ledger").symlink_to(Path(sys.executable).with_name("ledger"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    yield tmp_path
    # Also when the tour broke off.
    environment = {**os.environ, "LEDGER_HOME": str(tmp_path / "build" / "tour")}
    ledger = tmp_path / ".venv" / "bin" / "ledger"
    subprocess.run([ledger, "testnet", "down"], env=environment, capture_output=True, check=False)
    shutil.rmtree(tmp_path / "build", ignore_errors=True)


@pytest.mark.integration
def test_the_tour_of_the_readme_runs_word_for_word(workplace: Path) -> None:
    tour = transcript(README)
    # Jobs of this shell end with it, whatever happens.
    script = ["set -m", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    script += [f"{line.command}\nprintf '\\n{END} %s\\n' $?" for line in tour]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=workplace,
        env={**os.environ, "COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    outputs = re.split(rf"^{END} (\d+)\n", done.stdout, flags=re.M)
    assert len(outputs) == 2 * len(tour) + 1, done.stdout
    for line, output, code in zip(tour, outputs[::2], outputs[1::2], strict=False):
        refused = any(text.startswith("error:") for text in line.printed)
        assert (code != "0") == refused, f"$ {line.command}\n{output}"
        require_in_order(line, output)


def require_in_order(line: Line, output: str) -> None:
    """The documented lines are among the printed ones, in this order; `…` stands for anything."""
    rest = iter(output.splitlines())
    for text in line.printed:
        pattern = re.compile(".*".join(map(re.escape, text.split("…"))))
        found = any(pattern.fullmatch(printed.rstrip()) for printed in rest)
        assert found, f"$ {line.command}\nshould print\n{text}\nbut printed\n{output}"


def test_a_transcript_that_is_not_true_is_noticed() -> None:
    line = Line("ledger x", ("first …", "second"))
    require_in_order(line, "zeroth\nfirst 1\nsecond  \n")
    for output in ("second\nfirst 1\n", "first 1\nsecondly\n", "first 1\n"):
        with pytest.raises(AssertionError, match="should print"):
            require_in_order(line, output)


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) < 200
    assert len(transcript(README)) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [
        link for link in links if "://" not in link and not (page.parent / link).resolve().exists()
    ]
    assert missing == []


def test_every_page_is_linked_from_the_readme_or_from_another_page() -> None:
    linked = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())
    }
    orphans = [page for page in PAGES if page.parent != ROOT and page not in linked]
    assert orphans == []


def test_the_page_on_tests_names_every_verb_of_a_ledger(tmp_path: Path) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([`\w ]+) \| `(.+)` \|$", (ROOT / "docs" / "testing.md").read_text(), re.M
    )
    with two_homes(tmp_path) as scene:
        groups = {
            name: group for name, group in vars(scene.labour.ledger).items() if name != "session"
        }
        assert [name for name, _, _ in rows] == list(groups)
        for name, verbs, example in rows:
            group = groups[name]
            members = [each for each in dir(group) if not each.startswith("_")]
            known = [each for each in members if callable(getattr(group, each))]
            assert re.findall(r"\w+", verbs) == known
            require_callable(group, name, example)
        first = scene.labour.ledger.datasets.list()[0]
        assert first.name == first.dataset.name == "labour/employment"


def require_callable(group: object, name: str, example: str) -> None:
    """The example calls a verb of the group with arguments that it takes."""
    call = next(node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.Call))
    assert isinstance(call.func, ast.Attribute)
    assert ast.unparse(call.func.value).partition(".")[2] == name
    named: dict[str, object] = {str(word.arg): None for word in call.keywords}
    inspect.signature(getattr(group, call.func.attr)).bind(*call.args, **named)


def test_every_command_is_documented() -> None:
    documented = re.findall(r"^### ledger (.+)$", (ROOT / "docs" / "cli.md").read_text(), re.M)
    assert sorted(documented) == sorted(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_example_in_the_help_parses(words: str) -> None:
    command = typer.main.get_command(app)
    for word in words.split():
        command = command.commands[word]  # type: ignore[attr-defined]
    example = str(command.epilog).partition("Example:\n")[2].replace("\\\n", " ")
    arguments = shlex.split(example)
    assert " ".join(arguments[: len(words.split()) + 1]) == f"ledger {words}"
    command.make_context(words, arguments[len(words.split()) + 1 :])
