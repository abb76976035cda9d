"""Writes docs/cli.md from the commands themselves; with --check, fails when it is out of date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from ledger.agent import Round
from ledger.auditor import VerifyReport
from ledger.backup import BackupMade, HomeRestored
from ledger.cli.agentrun import AgentStatus
from ledger.cli.app import LazyCommands
from ledger.cli.audit import DeliveryRow, HiddenRow
from ledger.cli.citizen import DirectoryWritten
from ledger.cli.consent import ConsentRow
from ledger.cli.document import DocumentRow
from ledger.cli.making import HomeMade
from ledger.cli.memberviews import DepartmentRow, FindingRow, KeyRow
from ledger.cli.need import NeedRow
from ledger.cli.options import shared_options
from ledger.cli.spec import SpecificationRow
from ledger.cli.story import Step
from ledger.cli.subjectkey import Written
from ledger.cli.uses import LogReport
from ledger.cli.views import DatasetRow, GrantRow, OfferRow, TransferRow
from ledger.client import consents, results
from ledger.client.attesting import Attested
from ledger.client.disclosing import Judgement
from ledger.client.enrolments import Enrolled
from ledger.client.hiding import Hidden
from ledger.client.proving import GenuineReceipt, Proved
from ledger.client.recalling import Recalled
from ledger.client.revealing import Revealed
from ledger.client.specs import CheckReport
from ledger.doctor import Check
from ledger.models import ScorecardLine, SpecificationReference
from ledger.render import camel
from ledger.testnet.seed import Seeded
from ledger.testnet.world import Status

TARGET = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
INTRODUCTION = """# Command line

Written by `scripts/cli_reference.py`; a test fails when it is out of date.

Nouns first, verbs second. Datasets go by name (`labour/employment`, one version
`labour/employment@3`), departments by code, everything else by number. These options stand before
the noun or after the verb:

{shared}
Writes have `--dry-run` too. `NO_COLOR` is honoured, and colours, tables that fit the width (else a
line for each value) and progress bars appear on a terminal alone. Results go to stdout; notes,
progress and errors to stderr. Times are local and relative for people, UTC (ISO 8601) in JSON; a
date stands for its end in UTC. Completion for bash, zsh and fish: `ledger --install-completion`.

`LEDGER_HOME` is the folder of the homes, `LEDGER_PROFILE` the home that is used without
`--profile`. Passphrases come from a prompt, a file descriptor or a file, never from arguments.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | unexpected, a full disk too; `doctor`: a check fails |
| 2 | wrong input: usage, unknown name, specification broken, wrong passphrase, file changed |
| 3 | refused by the ledger's rules |
| 4 | an integrity check failed |
| 5 | node unreachable, stale or wrong |
| 6 | waiting timed out: nothing is lost, run again |
| 130 | interrupted: run again |

## JSON

With `--json` a command prints one document on stdout. Keys are in camel case, digests and
transactions are `0x` and hexadecimal, absent values are `null`; keys may be added later, none is
renamed or removed within a major version. A failure is

```json
{{"error": {{"class": "NotFound", "message": "…", "hint": "…", "exitCode": 2}}}}
```

with `problems` (a list of texts) for a broken specification, and `name` and `arguments` for what a
contract refuses. A dry run is `{{"dryRun": true, "call": …, "records": …, "payloadBytes": …,
"visibility": …}}`.

## Commands
"""

# What each command prints; a list of them where it is in brackets.
DONE = results.Done
RESULTS: dict[str, Any] = {
    "init": HomeMade,
    "doctor": [Check],
    "backup create": BackupMade,
    "backup restore": HomeRestored,
    "backup rotate": results.ArchiveKeyReplaced,
    "inbox": [results.InboxItem],
    "testnet up": Status,
    "testnet status": Status,
    "testnet seed": Seeded,
    "access check": results.AccessVerdict,
    "agency admit": results.Admitted,
    "agency auditor": results.Announced,
    "agency group": results.Announced,
    "agency reset": results.Announced,
    "agency retire": results.Announced,
    "agency handover accept": results.Announced,
    "agency scorecard count": [ScorecardLine],
    "agency scorecard publish": results.Scored,
    "agency deadline": results.DeadlinesChanged,
    "department finding": FindingRow,
    "department list": [DepartmentRow],
    "department show": DepartmentRow,
    "department key list": [KeyRow],
    "department key publish": results.KeyPublished,
    "department key rotate": results.KeyPublished,
    "spec publish": results.SpecificationPublished,
    "spec list": [SpecificationReference],
    "spec show": SpecificationRow,
    "spec check": CheckReport,
    "dataset register": results.Registered,
    "dataset publish": results.Published,
    "dataset list": [DatasetRow],
    "dataset search": [DatasetRow],
    "dataset show": DatasetRow,
    "agency ruling": results.Ruled,
    "need publish": results.NeedPublished,
    "need list": [NeedRow],
    "need show": NeedRow,
    "offer publish": results.Offered,
    "offer list": [OfferRow],
    "offer show": OfferRow,
    "request approve": results.Decided,
    "request comply": results.Decided,
    "request counter": results.Countered,
    "request resubmit": results.Requested,
    "grant extend": results.Extended,
    "dataset erase": results.Erased,
    "dataset recall": Recalled,
    "request create": results.Requested,
    "request list": [GrantRow],
    "request show": GrantRow,
    "grant list": [GrantRow],
    "grant show": GrantRow,
    "transfer fetch": results.Fetched,
    "transfer open": results.Opened,
    "transfer list": [TransferRow],
    "transfer attest": Attested,
    "transfer disclose": results.Disclosed,
    "transfer arbitrate": Judgement,
    "transfer prove": Proved,
    "transfer show": TransferRow,
    "query": results.Answered,
    "document send": results.Sent,
    "document inbox": [DocumentRow],
    "document show": DocumentRow,
    "document receive": results.Received,
    "document list": [TransferRow],
    "consent record": consents.Recorded,
    "consent withdraw": consents.Withdrawn,
    "consent list": [ConsentRow],
    "consent show": ConsentRow,
    "consent enrol": Enrolled,
    "consent enrolled": [Enrolled],
    "grant hide": Hidden,
    "transfer reveal": Revealed,
    "audit hidden": [HiddenRow],
    "citizen key create": Written,
    "citizen directory": DirectoryWritten,
    "citizen consent": Written,
    "citizen withdraw": Written,
    "citizen enrol": Written,
    "citizen log": LogReport,
    "agent run": Round,
    "agent status": AgentStatus,
    "audit recipients": [DeliveryRow],
    "audit timeline": [Step],
    "audit events": [Step],
    "audit verify": VerifyReport,
    "audit receipt": GenuineReceipt,
}
# What `show` adds to the fields of its row.
MORE = {
    "department show": "groups, accounts, keys, findings, resets",
    "department finding": "grants, transfers, sealed",
    "spec show": "columns",
    "dataset show": "description, keywords, legalReason, reasons, versions, concerned, subject, "
    "consentNeeded, parameters",
    "need show": "description, keywords, legalBasis",
    "offer show": "fields, retentionDays, securityMeasures, history",
    "request show": "purposeText, legalBasis, retentionDays, fields, securityMeasures, sealed, "
    "counter, reasons",
    "grant show": "hidesUntil, reasons, history",
    "transfer show": "receipt, retainedUntil, retention, reasons, recalls, history",
    "document show": "receipt, reasons, history",
    "consent show": "history",
}
PLAIN = {
    "citizen key show": "key",
    "consent forget": "forgotten",
    "grant unhide": "hidden",
    "testnet down": "running",
    "testnet reset": "reset",
    "testnet snapshot": "snapshot",
    "testnet restore": "restored",
    "testnet advance": "blockTime",
}


def reference() -> str:
    """The text of docs/cli.md."""
    lines = [INTRODUCTION.format(shared=_options(_shared_help()))]
    for name, one in LazyCommands().items():
        lines += [_section(line, verb) for line, verb in _verbs(name, one)]
    return "\n".join(lines)


def _verbs(line: str, one: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(one, "commands"):
        yield line, one
        return
    for name, verb in one.commands.items():
        yield from _verbs(f"{line} {name}", verb)


def _section(line: str, verb: Any) -> str:
    shared = set(shared_options(writes=True))
    own = [param for param in verb.params if param.name not in shared and not param.hidden]
    arguments = [f"`{param.metavar}`" for param in own if param.param_type_name == "argument"]
    named = [(param.opts + param.secondary_opts, param.help) for param in own]
    told = [(names, text) for names, text in named if names[0].startswith("-")]
    example = verb.epilog.partition("Example:\n")[2]
    takes = f" Takes {', '.join(arguments)}." if arguments else ""
    sentence = verb.help.replace("\n\n", " ").replace("\n", " ")
    example = "\n".join(part.removeprefix("  ") for part in example.splitlines())
    parts = [f"### ledger {line}\n", f"{sentence}{takes}\n", f"```sh\n{example}\n```\n"]
    if told:
        parts.append(_options(told))
    return "\n".join([*parts, f"JSON: {_json(line)}.\n"])


def _options(options: list[tuple[list[str], str]]) -> str:
    rows = "".join(f"| `{'`, `'.join(names)}` | {text} |\n" for names, text in options)
    return f"| option | meaning |\n|---|---|\n{rows}"


def _shared_help() -> list[tuple[list[str], str]]:
    found = []
    for annotation in shared_options(writes=False).values():
        option = annotation.__metadata__[0]
        found.append(([option.default, *(option.param_decls or ())], str(option.help)))
    return found


def _json(line: str) -> str:
    if line in PLAIN:
        return f"`{PLAIN[line]}`"
    kind = RESULTS.get(line, DONE)
    several, kind = (True, kind[0]) if isinstance(kind, list) else (False, kind)
    names = [f.name for f in fields(kind)] if hasattr(kind, "__dataclass_fields__") else []
    names = names or list(kind.model_fields)
    keys = [camel(name) for name in names] + MORE.get(line, "").split(", ")
    text = ", ".join(f"`{key}`" for key in keys if key)
    return f"a list of {text}" if several else text


def main() -> int:
    """Write or check the file; return the exit code."""
    text = reference()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.exists() and TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
