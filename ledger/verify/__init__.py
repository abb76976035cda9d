"""The verifier: recomputes everything from events, records and proofs, and trusts no index.

It needs a block hash that the caller trusts (and a deployment file); bytes in, findings out.
"""

from __future__ import annotations

from ledger.verify.contents import Reference, check_record, check_reference, references
from ledger.verify.findings import Finding, Severity
from ledger.verify.heads import (
    compare_heads,
    head_slot,
    heads_to_prove,
    proven_heads,
    replay_heads,
)
from ledger.verify.pairs import Half, Pair, check_pair, pairs
from ledger.verify.proofs import (
    Account,
    Header,
    StateProof,
    check_header,
    prove_account,
    prove_slot,
    verify_storage_proof,
)
from ledger.verify.sequence import CheckedEvents, check_events

__all__ = [
    "Account",
    "CheckedEvents",
    "Finding",
    "Half",
    "Header",
    "Pair",
    "Reference",
    "Severity",
    "StateProof",
    "check_events",
    "check_header",
    "check_pair",
    "check_record",
    "check_reference",
    "compare_heads",
    "head_slot",
    "heads_to_prove",
    "pairs",
    "prove_account",
    "prove_slot",
    "proven_heads",
    "references",
    "replay_heads",
    "verify_storage_proof",
]
