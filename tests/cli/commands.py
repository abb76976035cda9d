"""The commands of the ledger, which the tests of the command line go through."""

from __future__ import annotations

VERBS = {
    "testnet": "up down status reset snapshot restore advance seed",
    "backup": "create restore rotate",
    "access": "check",
    "agency": "admit suspend reinstate auditor group ruling deadline reset retire",
    "agency handover": "propose accept cancel",
    "agency scorecard": "count publish",
    "department account": "add remove",
    "department key": "publish list rotate retire",
    "department": "list show finding veto",
    "spec": "publish list show check deprecate",
    "dataset": "register publish edit list search show withdraw recall erase",
    "need": "publish list show withdraw",
    "offer": "publish list show retire",
    "request": "create list show approve refuse counter accept return resubmit withdraw escalate "
    "comply",
    "grant": "list show extend suspend resume revoke hide unhide",
    "transfer": "fetch open list show decline dispute attest settle disclose arbitrate prove "
    "reveal",
    "document": "send inbox show receive refuse list",
    "consent": "record withdraw list show enrol enrolled forget",
    "citizen": "directory consent withdraw enrol log",
    "citizen key": "create show",
    "agent": "run status",
    "audit": "recipients timeline events hidden verify receipt finding",
}
SINGLE = ["init", "doctor", "inbox", "query"]
COMMANDS = SINGLE + [f"{noun} {verb}" for noun, verbs in VERBS.items() for verb in verbs.split()]
"""Every command, by its words."""
