"""Writes the vectors: `python -m tests.vectors.generate`. Everything is computed from fixed seeds.

Only HPKE draws randomness: `drawn.json` keeps each wrap that was ever needed, so that a second run
writes the same files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.vectors import reference
from tests.vectors.cases import envelopes, events, people, records
from tests.vectors.cases.case import Case

FOLDER = Path(__file__).resolve().parent
_DRAWN = FOLDER / "drawn.json"


class DrawnWraps:
    """Wraps by what they are of; a missing one is made and kept."""

    def __init__(self) -> None:
        self._known: dict[str, str] = json.loads(_DRAWN.read_text()) if _DRAWN.exists() else {}
        self._used: dict[str, str] = {}

    def __call__(self, seed: bytes, key: bytes, info: bytes) -> bytes:
        name = hashlib.sha256(repr((seed, key, info)).encode()).hexdigest()[:16]
        if name not in self._known:
            self._known[name] = reference.wrap(seed, key, info).hex()
        self._used[name] = self._known[name]
        return bytes.fromhex(self._known[name])

    def save(self) -> None:
        """Keep what was needed this time."""
        _write(_DRAWN, dict(sorted(self._used.items())))


FILES: dict[str, tuple[str, Callable[[DrawnWraps], Iterable[Case]]]] = {
    "names": ("Codes in 32 bytes, addresses of records.", lambda _: records.names()),
    "records": ("Records: their one form, type by type.", lambda _: records.records()),
    "manifests": ("Manifests, and what they have to say.", lambda _: records.manifests()),
    "matches": ("Records against events and offers.", lambda _: records.matches()),
    "queries": ("Queries against services; sealed contents.", lambda _: records.queries()),
    "payloads": ("Encrypted payloads, padding, disputes.", lambda _: envelopes.payloads()),
    "annexes": ("Sealed annexes.", envelopes.annexes),
    "wraps": ("Public keys and wrapped keys.", envelopes.wraps),
    "commitments": ("Commitments and receipt tags.", lambda _: envelopes.commitments()),
    "subjects": ("Subject keys and tags.", lambda _: people.subjects()),
    "consents": ("Consents: keys, signatures, links.", lambda _: people.consents()),
    "papers": ("Papers: what subjects hand to windows.", lambda _: people.papers()),
    "deployments": ("The deployment file.", lambda _: records.deployments()),
    "events": ("Logs as events.", lambda _: events.events()),
    "heads": ("Rolling hashes.", lambda _: events.heads()),
}


def build(name: str, wrapping: DrawnWraps) -> dict[str, object]:
    """The contents of one file."""
    about, cases = FILES[name]
    return {"about": about, "vectors": [case.to_json() for case in cases(wrapping)]}


def _write(path: Path, contents: object) -> None:
    path.write_text(json.dumps(contents, indent=1, ensure_ascii=True) + "\n")


def main() -> None:
    """Write every file."""
    wrapping = DrawnWraps()
    for name in FILES:
        _write(FOLDER / f"{name}.json", build(name, wrapping))
    wrapping.save()


if __name__ == "__main__":
    main()
