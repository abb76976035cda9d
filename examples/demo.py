"""The main job as a story: three departments, an agency and an auditor on real tables.

Every line after a `$` is a command that really runs, in a home of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from examples.stage import CommandError, Paper, Party, addresses, side_by_side

EXAMPLES = Path(__file__).resolve().parent
FOLDER = EXAMPLES.parent / "build" / "demo"
DATASET = "labour/employment"


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    agency: Party
    auditor: Party
    labour: Party
    energy: Party
    transport: Party

    @property
    def members(self) -> tuple[Party, ...]:
        """Those whom the agency admits."""
        return (self.labour, self.energy, self.transport, self.auditor)


NAMES = {
    "labour": "Department of Labour",
    "energy": "Department of Energy",
    "transport": "Department of Transport",
    "audit-office": "Audit Office",
}
TABLES = {
    "employment": ("labour", "us-employment.csv", "Employment by sector"),
    "electricity": ("energy", "iowa-electricity.csv", "Electricity by source"),
    "airports": ("transport", "airports.csv", "Airports"),
}

EMPLOYMENT = (
    'ledger dataset register employment --title "Employment by sector, monthly" '
    '--description "Employees on payrolls, in thousands" --spec employment --sharing conditional'
)
AIRPORTS = (
    'ledger dataset register airports --title "Airports and where they are" '
    '--description "Every airport with its coordinates" --spec airports --sharing open'
)
ELECTRICITY = (
    'ledger dataset register electricity --title "Electricity generation by source" '
    '--description "Net generation in Iowa, yearly" --spec electricity --sharing closed '
    '--legal-reason "Energy Statistics Act, section 12"'
)
PATIENCE_S = 60


def main() -> int:
    """Tell the story; return the exit code."""
    arguments = _arguments()
    paper = Paper()
    folder: Path = arguments.folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with FileLock(f"{folder}.lock", timeout=0):
            return _perform(folder, paper)
    except Timeout:
        print(f"error: another demo runs in {folder}", file=sys.stderr)
        return 2


def _perform(folder: Path, paper: Paper) -> int:
    began = time.monotonic()
    cast = _cast(folder, paper)
    try:
        _clear(cast, folder)
        with _ending(cast):
            tell(cast, paper)
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing is left running", file=sys.stderr)
        return 130
    _what_next(cast, paper, time.monotonic() - began)
    return 0


def tell(cast: Cast, paper: Paper) -> None:
    """The story itself.

    Raises:
        CommandError: a command ended otherwise than the story says.
    """
    with ExitStack() as running:
        _founding(cast, paper)
        _joining(cast, paper)
        _cataloguing(cast, paper)
        _asking(cast, paper)
        running.enter_context(_agents(cast, paper))
        _sharing(cast, paper)
        _auditing(cast, paper)
        _revoking(cast, paper)
    _closing_the_books(cast, paper)


def _founding(cast: Cast, paper: Paper) -> None:
    paper.chapter("The agency starts a ledger")
    paper.says(
        "A private chain and an IPFS node of this machine; five contracts; no coins, no gas price. "
        "Whoever takes part gets the deployment file, which pins chain and contracts."
    )
    cast.agency.runs("ledger testnet up")


def _joining(cast: Cast, paper: Paper) -> None:
    paper.chapter("Three departments and the audit office join")
    paper.says(
        "Each makes a home with three accounts and an encryption key, on its own machine, and "
        "sends the agency one address. Nobody but the department itself has its keys. The agency "
        "publishes what tables must look like."
    )
    for member in cast.members:
        member.hand_over(cast.agency.folder / "testnet" / "deployment.json")
    specifications = [
        f'ledger spec publish {name} {name}.json --title "{title}"'
        for name, (_, _, title) in TABLES.items()
    ]
    printed = side_by_side(
        {member: [_init(cast, member)] for member in cast.members} | {cast.agency: specifications}
    )
    accounts = {member: addresses(printed[member]) for member in cast.members}
    for member in cast.members:
        member.remember_passphrase()
    cast.agency.runs_at_once(
        *(
            f"ledger agency admit {member.code} {accounts[member]['admin']} "
            f'--name "{NAMES[member.code]}"'
            for member in cast.members
        )
    )
    paper.says(
        "An admission takes effect after a notice period, which everybody can watch. Then each "
        "member's first account adds others, and each member publishes its key."
    )
    _wait_for_members(cast)
    keys = {member: ["ledger department key publish"] for member in cast.members}
    for member in (cast.labour, cast.energy, cast.transport):
        keys[member] += [
            f"ledger department account add {accounts[member][role]} --as {role}"
            for role in ("officer", "agent")
        ]
    side_by_side(keys)
    cast.agency.runs(f"ledger agency auditor {cast.auditor.code}")
    cast.agency.runs("ledger department list")


def _cataloguing(cast: Cast, paper: Paper) -> None:
    paper.chapter("Datasets and their first versions")
    paper.says(
        "Owners register datasets in one of three classes: open to all members, conditional on the "
        "owner's decision, or closed by law."
    )
    paper.says("A table is checked row by row, encrypted here, and only then given to IPFS.")
    side_by_side(
        {
            cast.labour: [EMPLOYMENT, f"ledger dataset publish {DATASET} us-employment.csv"],
            cast.transport: [AIRPORTS, "ledger dataset publish transport/airports airports.csv"],
            cast.energy: [
                ELECTRICITY,
                "ledger dataset publish energy/electricity iowa-electricity.csv",
            ],
        }
    )


def _asking(cast: Cast, paper: Paper) -> None:
    paper.chapter("Energy asks, labour decides")
    cast.energy.runs_at_once(
        "ledger dataset search sector", f"ledger access check {DATASET} --purpose planning"
    )
    cast.energy.runs(
        f"ledger request create {DATASET} --purpose planning "
        '--why "Forecast of demand by industry" --legal-basis "Energy Act, section 9" '
        '--valid-days 365 --contact "demand desk"'
    )
    paper.says("Labour finds the request in its inbox, with the deadline and the next command.")
    cast.labour.runs_at_once("ledger inbox", "ledger request show 1")
    cast.labour.runs("ledger request approve 1")
    paper.says("An open dataset needs no decision: the contract grants it at once.")
    cast.energy.runs(
        "ledger request create transport/airports --purpose emergency "
        '--why "Fuel for emergency flights" --legal-basis "Civil Protection Act, section 4" '
        "--valid-days 30"
    )
    paper.says("A closed one can't even be asked for; the legal reason is listed instead.")
    cast.transport.runs(
        "ledger request create energy/electricity --purpose planning "
        '--why "Charging stations" --legal-basis "Transport Act, section 3" --valid-days 30',
        exits=3,
    )


@contextmanager
def _agents(cast: Cast, paper: Paper) -> Iterator[None]:
    paper.chapter("No key without a trace")
    paper.says(
        "Each owner's agent runs day and night. It releases a key only for a transfer that is on "
        "the chain, under a grant that holds at that moment."
    )
    with (
        cast.labour.keeps_running("ledger agent run"),
        cast.transport.keeps_running("ledger agent run"),
    ):
        yield


def _sharing(cast: Cast, paper: Paper) -> None:
    paper.says(
        "Energy opens a transfer, waits for the key, fetches the ciphertext, checks and decrypts "
        "it, acknowledges on the chain, and only then has the file."
    )
    cast.energy.runs_at_once(
        f"ledger transfer fetch {DATASET} --out employment.csv",
        "ledger transfer fetch transport/airports --out airports.csv",
    )
    cast.energy.runs("head -n 3 airports.csv")
    _require_same(cast.labour.folder / "us-employment.csv", cast.energy.folder / "employment.csv")
    paper.says("What energy decrypted is, byte for byte, what labour published.")


def _auditing(cast: Cast, paper: Paper) -> None:
    paper.chapter("The auditor asks who got what, when and why")
    cast.auditor.runs_at_once(
        f"ledger audit recipients {DATASET}", f"ledger audit timeline {DATASET}"
    )


def _revoking(cast: Cast, paper: Paper) -> None:
    paper.chapter("Labour revokes, energy tries again")
    paper.says("A revocation stops every further release. What was received stays received.")
    cast.labour.runs(
        'ledger grant revoke 1 --reason misuse --text "Passed on to a contractor." --yes'
    )
    cast.energy.runs(f"ledger transfer fetch {DATASET} --out again.csv", exits=3)
    paper.says("Nothing was delivered, and the attempt itself is on the record.")


def _closing_the_books(cast: Cast, paper: Paper) -> None:
    paper.chapter("The auditor closes the books")
    cast.auditor.runs(f"ledger audit timeline {DATASET}")
    paper.says(
        "The auditor trusts nobody: every event is replayed against hashes that the chain "
        "proves, and every record against its own."
    )
    cast.auditor.runs("ledger audit verify")


def _what_next(cast: Cast, paper: Paper, seconds: float) -> None:
    paper.chapter("What to try next")
    paper.says(f"The story took {seconds:.0f} s. Everything is stopped, and all of it is kept in")
    paper.lists([str(cast.agency.folder.parent)])
    paper.says("Start a network of your own, with a country of eight members to play with:")
    paper.lists(
        [
            "export LEDGER_HOME=$PWD/build/country PATH=$PWD/.venv/bin:$PATH",
            "ledger testnet up && ledger testnet seed",
            "ledger inbox --profile labour",
            "ledger audit timeline labour/employment --profile audit-office",
            "ledger testnet down",
        ]
    )


def _wait_for_members(cast: Cast) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while '"not yet a member"' in cast.agency.run("ledger department list --json").printed:
        if time.monotonic() > deadline:
            raise CommandError("the admissions did not take effect")
        time.sleep(0.2)


def _init(cast: Cast, member: Party) -> str:
    state = json.loads((cast.agency.folder / "testnet" / "testnet.json").read_text())
    return (
        f"ledger init {member.code} --deployment deployment.json --rpc {state['chain']['url']} "
        f"--ipfs {state['ipfs']['api']} --passphrase-file passphrase"
    )


def _cast(folder: Path, paper: Paper) -> Cast:
    def party(code: str, colour: str) -> Party:
        return Party(code, folder / code, colour, paper)

    return Cast(
        agency=party("agency", "35"),
        auditor=party("audit-office", "33"),
        labour=party("labour", "36"),
        energy=party("energy", "32"),
        transport=party("transport", "34"),
    )


def _clear(cast: Cast, folder: Path) -> None:
    """Remove what an earlier demo left, its processes too if it was killed; lay out the tables."""
    if (cast.agency.folder / "testnet").is_dir():
        cast.agency.runs_quietly("ledger testnet down")
    shutil.rmtree(folder, ignore_errors=True)
    for party in (cast.agency, *cast.members):
        party.settle()
    for name in TABLES:
        cast.agency.hand_over(EXAMPLES / "specifications" / f"{name}.json")
    for code, file, _ in TABLES.values():
        getattr(cast, code).hand_over(EXAMPLES / "data" / file)


@contextmanager
def _ending(cast: Cast) -> Iterator[None]:
    try:
        yield
    finally:
        cast.agency.runs_quietly("ledger testnet down")


def _require_same(left: Path, right: Path) -> None:
    if left.read_bytes() != right.read_bytes():
        raise CommandError(f"{right} differs from {left}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: whoever presses Ctrl-C again must not leave processes behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where the parties live (%(default)s)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
