"""What work needs, checked piece by piece: what each check found, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ledger.errors import LedgerError
from ledger.identifiers import Address

if TYPE_CHECKING:
    from ledger.ports import BackupStanding
    from ledger.provenance import Department, LedgerState

# Below this a publish or a block may fail in the middle.
_DISK_FREE_BYTES: Final = 1024**3
# Block time is what deadlines are made of; a clock this far from it misleads its user.
_CLOCK_S: Final = 60


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is as it should be, what was found, and what to do."""

    name: str
    ok: bool
    detail: str
    hint: str | None = None

    @property
    def mark(self) -> str:
        """How a table shows the verdict: what is well and asks for something is a warning."""
        if not self.ok:
            return "FAIL"
        return "ok" if self.hint is None else "warn"


class Node(Protocol):
    """What the checks ask of an IPFS node."""

    def healthy(self) -> str:
        """Return its version, or raise `NodeUnreachable`."""
        ...

    def public_contacts(self) -> list[str]:
        """List what would bring it in touch with the public network."""
        ...


def tried(name: str, check: Callable[[], str]) -> Check:
    """Make a check of a function that returns what it found or raises what is wrong."""
    try:
        return Check(name, True, check())
    except LedgerError as error:
        return Check(name, False, error.message, error.hint)


def skipped(names: Iterable[str], why: str) -> list[Check]:
    """Checks that can't be made before another one holds."""
    return [Check(name, False, f"not checked: {why}") for name in names]


def program(name: str, version: str | None, *, hint: str) -> Check:
    """A program that must be there; `version` is what it says of itself, None without it."""
    return Check(name, version is not None, version or "not found", None if version else hint)


def command_path(own: Path, *, path: str | None = None) -> Check:
    """Whether the command `ledger` is this program: another one of that name may come first."""
    first = shutil.which("ledger", path=path)
    if first is None:
        detail = f"not on PATH; this one is {own}"
        return Check("command", True, detail)
    if Path(first).resolve() == own.resolve():
        return Check("command", True, first)
    hint = f"put {own.parent} before {Path(first).parent} in PATH"
    return Check("command", False, f"'ledger' starts another program: {first}", hint)


def account(role: str, address: str, department: Department | None, now: int) -> Check:
    """Whether the ledger knows an account of this home, and what it lets it do."""
    name = f"account {role}"
    if department is None or Address(address) not in department.accounts:
        hint = f"its ADMIN adds it: ledger department account add {address} --as {role}"
        return Check(name, False, f"{address} is not known to the ledger", hint)
    pending = department.pending_reset(now)
    if pending is not None and pending.admin == Address(address):
        detail = f"{address} may do nothing until {_date(pending.effective_at)}, when it is ADMIN"
        return Check(name, False, detail, "wait: its department may still veto the reset")
    held = department.capabilities(Address(address), now)
    capabilities = {str(one.name).lower() for one in type(held) if one in held}
    ok = role in capabilities or (role == "agent" and "officer" in capabilities)
    detail = f"{address} may act as {', '.join(sorted(capabilities))}"
    advice = None if ok else f"it should act as {role}: remove it and add it again"
    return Check(name, ok, detail, advice)


def standing(department: Department | None, code: str, now: int) -> Check:
    """Whether this department is a member in good standing."""
    if department is None:
        hint = "send the addresses that 'ledger init' printed to the agency, which admits it"
        return Check("membership", False, f"{code} is no member", hint)
    if department.suspended:
        hint = f"the reason is in: ledger audit timeline --department {code}"
        return Check("membership", False, f"{code} is suspended", hint)
    if not department.member(now):
        hint = "wait: the notice period of its admission isn't over"
        return Check("membership", False, f"{code} is not yet a member", hint)
    return Check("membership", True, f"{code} is member {department.id}")


def service(state: LedgerState, now: int) -> Check:
    """Whether this ledger serves, for how long, and who the agency is and will be."""
    retirement, coming = state.retirement, state.agencies.pending(now)
    if retirement is not None and state.retired(now):
        hint = "ask the agency for the new deployment file, then: ledger init --deployment FILE"
        taken = f"retired: the deployment {retirement.successor.hex()} has taken over"
        return Check("ledger", False, taken, hint)
    agency = state.departments[state.agency_at(now)].code
    parts = [f"the agency is {agency}"]
    if coming is not None:
        parts.append(f"from {_date(coming[0])} on it is {state.departments[coming[1]].code}")
    if retirement is not None:
        parts.append(
            f"at {_date(retirement.effective_at)} the deployment {retirement.successor.hex()} "
            "takes over"
        )
    return Check("ledger", True, "; ".join(parts))


def _date(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def key(department: Department, held: Sequence[bytes] | None, now: int) -> Check:
    """Whether others can encrypt to this department, and its keyset can open it.

    `held` are the public keys whose private ones are here; None when the keyset wasn't opened.
    """
    current = department.current_key(now)
    if current is None:
        hint = "ledger department key publish"
        return Check("encryption key", False, "no key is in use", hint)
    if held is not None and current.public_key not in held:
        detail = f"key {current.number} is in use, but its private key is not in this home"
        hint = "restore the keyset from a backup, or: ledger department key rotate"
        return Check("encryption key", False, detail, hint)
    how = "" if held is not None else " (its private key was not looked at: no passphrase)"
    return Check("encryption key", True, f"key {current.number} is in use{how}")


def data_keys(lacking: Sequence[str]) -> Check:
    """Whether every version that should be served can be; `lacking` are those without their key."""
    if not lacking:
        return Check("data keys", True, "each version that isn't withdrawn has its key")
    hint = "restore a later backup; if there is none, withdraw them and publish them again"
    detail = f"not in this home: the keys of {', '.join(lacking)}"
    return Check("data keys", False, detail, hint)


def services(lacking: Sequence[str], wrong: Sequence[LedgerError]) -> Check:
    """Whether every service of this department is answered; `wrong` is what isn't as it must be."""
    found = [f"nothing answers {name} here" for name in lacking]
    found += [error.message for error in wrong]
    if not found:
        return Check("services", True, "each has a provider")
    told = next((error.hint for error in wrong if error.hint), None)
    return Check("services", False, "; ".join(found), told or "add [services] to config.toml")


def backup(standing: BackupStanding) -> Check:
    """Whether a backup has every data key, and none has a key that was destroyed since."""
    newest = "never backed up" if standing.generation is None else f"backup {standing.generation}"
    if standing.unsaved:
        detail = f"{newest}; data keys that came since: {standing.unsaved}"
        return Check("backup", True, detail, "ledger backup create")
    if standing.outdated is not None:
        detail = f"{newest}; those up to {standing.outdated} hold keys that were destroyed since"
        return Check("backup", True, detail, "destroy these files, wherever they are")
    return Check("backup", True, newest if standing.keys else "there is no data key to lose")


def restored_account(address: str, on_chain: int, known: int) -> Check:
    """Whether a restored home is alone with its account; the numbers are of transactions."""
    name = "restored home"
    if on_chain <= known:
        return Check(name, True, f"{address} is used by this home alone since it was restored")
    detail = f"{address} sent {on_chain - known} transactions that this home doesn't know of"
    hint = "stop the home that the backup was made from: an account may be in one home only"
    return Check(name, False, detail, hint)


def ipfs(node: Node) -> list[Check]:
    """Whether the IPFS node answers, and keeps to itself."""
    reachable = tried("IPFS node", lambda: f"Kubo {node.healthy()}")
    if not reachable.ok:
        return [reachable, *skipped(["IPFS is private"], "the node is away")]
    contacts = node.public_contacts()
    if not contacts:
        return [reachable, Check("IPFS is private", True, "no way to the public network")]
    hint = "initialise it with the profiles 'server,autoconf-off,announce-off' and a swarm key"
    return [reachable, Check("IPFS is private", False, "; ".join(contacts), hint)]


def disk(folder: Path) -> Check:
    """Whether there is room for work."""
    free = shutil.disk_usage(folder).free
    ok = free >= _DISK_FREE_BYTES
    hint = None if ok else f"free some space on the disk of {folder}: 1 GiB at least"
    return Check("disk", ok, f"{free / 1024**3:.1f} GiB free", hint)


def clock(head: int, now: float, *, test_chain: bool) -> Check:
    """Whether this machine's clock and block time (both Unix seconds) go together.

    A test chain without transactions stands still, and may have been advanced.
    """
    ahead = head - now
    if test_chain:
        return Check("clock", True, f"block time is {ahead:+.0f} s from this clock")
    ok = abs(ahead) <= _CLOCK_S
    hint = None if ok else "set this machine's clock, for example by NTP"
    return Check("clock", ok, f"block time is {ahead:+.0f} s from this clock", hint)
