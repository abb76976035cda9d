"""Each check of the doctor, as it should be and broken."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger import doctor
from ledger.errors import ConfigError, NodeUnreachable
from ledger.events import Capability, DeploymentRetired, HandoverAccepted, HandoverProposed
from ledger.ports import BackupStanding
from ledger.provenance import Department, LedgerState, fold
from tests.unit.chapters import NOTICE_S, reset
from tests.unit.story import AGENCY, LABOUR, Story, account, country, digest, public_key


@pytest.fixture
def labour() -> Department:
    return fold(country().events).department("labour")


@pytest.fixture
def now() -> int:
    return country().now + 10


def test_a_program_that_is_there_is_shown_with_its_version() -> None:
    assert doctor.program("node", "v20.1", hint="get it") == doctor.Check("node", True, "v20.1")


def test_a_missing_program_is_found() -> None:
    check = doctor.program("node", None, hint="get it")
    assert (check.ok, check.mark, check.hint) == (False, "FAIL", "get it")


def executable(folder: Path) -> Path:
    folder.mkdir()
    program = folder / "ledger"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_another_program_of_this_name_that_comes_first_is_found(tmp_path: Path) -> None:
    own, other = executable(tmp_path / "own"), executable(tmp_path / "other")
    assert doctor.command_path(own, path=f"{own.parent}:{other.parent}").ok
    check = doctor.command_path(own, path=f"{other.parent}:{own.parent}")
    assert not check.ok
    assert str(other) in check.detail
    assert check.hint == f"put {own.parent} before {other.parent} in PATH"


def test_a_command_that_is_not_on_path_is_no_failure(tmp_path: Path) -> None:
    assert doctor.command_path(executable(tmp_path / "own"), path="/nowhere").ok


def test_a_member_in_good_standing(labour: Department, now: int) -> None:
    assert doctor.standing(labour, "labour", now).ok


def test_a_stranger_a_newcomer_and_a_suspended_member_are_found(
    labour: Department, now: int
) -> None:
    assert doctor.standing(None, "labour", now).detail == "labour is no member"
    assert doctor.standing(labour, "labour", labour.effective_at - 1).detail.endswith("a member")
    labour.suspended = True
    assert doctor.standing(labour, "labour", now).detail == "labour is suspended"


def test_who_the_agency_is_and_will_be_is_told() -> None:
    story = country()
    check = doctor.service(fold(story.events), story.now)
    assert (check.ok, check.detail) == (True, "the agency is agency")
    story.emit(HandoverProposed, agency=AGENCY, successor=LABOUR)
    effective_at = story.now + 1 + NOTICE_S
    story.emit(HandoverAccepted, agency=AGENCY, successor=LABOUR, effective_at=effective_at)
    state = fold(story.events)
    check = doctor.service(state, effective_at - 1)
    assert check.ok
    assert re.fullmatch("the agency is agency; from .+ on it is labour", check.detail)
    assert doctor.service(state, effective_at).detail == "the agency is labour"


def test_a_ledger_that_another_takes_over_from_is_found() -> None:
    story = country()
    until = story.now + 1 + NOTICE_S
    story.emit(DeploymentRetired, agency=AGENCY, successor=digest("next"), effective_at=until)
    state = fold(story.events)
    check = doctor.service(state, until - 1)
    assert check.ok
    assert check.detail.endswith(f"the deployment {digest('next').hex()} takes over")
    check = doctor.service(state, until)
    assert not check.ok
    assert check.detail == f"retired: the deployment {digest('next').hex()} has taken over"
    assert "ledger init --deployment FILE" in str(check.hint)


def test_an_account_with_its_capabilities(labour: Department, now: int) -> None:
    address = account(LABOUR, Capability.OFFICER)
    check = doctor.account("officer", address, labour, now)
    assert (check.ok, check.detail) == (True, f"{address} may act as officer")
    assert doctor.account("agent", address, labour, now).ok


def test_an_account_that_may_not_do_what_it_is_for_is_found(labour: Department, now: int) -> None:
    check = doctor.account("admin", account(LABOUR, Capability.OFFICER), labour, now)
    assert (check.ok, check.hint) == (False, "it should act as admin: remove it and add it again")


def test_the_admin_of_a_pending_reset_may_do_nothing_yet() -> None:
    story = country()
    announced = reset(story, LABOUR)
    labour = fold(story.events).department("labour")
    check = doctor.account("admin", announced.admin, labour, announced.effective_at - 1)
    assert not check.ok
    assert "may do nothing until" in check.detail
    assert check.hint == "wait: its department may still veto the reset"
    assert doctor.account("admin", announced.admin, labour, announced.effective_at).ok


def test_an_account_that_the_ledger_does_not_know_is_found(labour: Department, now: int) -> None:
    stranger = account(AGENCY, Capability.AGENT)
    for department in (labour, None):
        check = doctor.account("agent", stranger, department, now)
        assert not check.ok
        assert (
            check.hint == f"its ADMIN adds it: ledger department account add {stranger} --as agent"
        )


def test_the_key_that_is_in_use_and_here(labour: Department, now: int) -> None:
    assert doctor.key(labour, [public_key(LABOUR, 1)], now).ok
    unseen = doctor.key(labour, None, now)
    assert unseen.ok
    assert "not looked at" in unseen.detail


def test_a_key_that_is_missing_here_or_on_the_chain_is_found(labour: Department, now: int) -> None:
    assert "its private key is not in this home" in doctor.key(labour, [b"other"], now).detail
    story = Story()
    story.admit(AGENCY)
    keyless = fold(story.events, LedgerState()).department("agency")
    assert doctor.key(keyless, [], now).hint == "ledger department key publish"


def node(*contacts: str, away: bool = False) -> doctor.Node:
    def healthy() -> str:
        if away:
            raise NodeUnreachable("no IPFS node answers", hint="start it")
        return "0.42.0"

    return SimpleNamespace(healthy=healthy, public_contacts=lambda: list(contacts))  # type: ignore[return-value]


def test_an_ipfs_node_that_is_private() -> None:
    assert all(check.ok for check in doctor.ipfs(node()))


def test_an_ipfs_node_that_is_away_is_found() -> None:
    reachable, private = doctor.ipfs(node(away=True))
    assert (reachable.ok, reachable.detail, reachable.hint) == (
        False,
        "no IPFS node answers",
        "start it",
    )
    assert (private.ok, private.detail) == (False, "not checked: the node is away")


def test_an_ipfs_node_on_the_public_network_is_found() -> None:
    _, private = doctor.ipfs(node("Routing.Type is 'auto'", "AutoConf.Enabled is not false"))
    assert not private.ok
    assert private.detail == "Routing.Type is 'auto'; AutoConf.Enabled is not false"


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(free=2 * 1024**3)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: free)
    assert doctor.disk(tmp_path).ok
    free.free = 1024**3 - 1
    check = doctor.disk(tmp_path)
    assert not check.ok
    assert "1 GiB at least" in str(check.hint)


@pytest.mark.parametrize(
    ("ahead", "ok"), [(0, True), (-60, True), (60, True), (61, False), (-61, False)]
)
def test_a_clock_that_goes_wrong_is_found(ahead: int, ok: bool) -> None:
    check = doctor.clock(1_000_000 + ahead, 1_000_000.0, test_chain=False)
    assert (check.ok, check.detail) == (ok, f"block time is {ahead:+.0f} s from this clock")
    assert doctor.clock(1_000_000 + ahead, 1_000_000.0, test_chain=True).ok


def standing(**changes: int | None) -> BackupStanding:
    values = {"keys": 3, "generation": 4, "created_at": 1, "unsaved": 0, "outdated": None}
    return BackupStanding(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "mark", "words"),
    [
        ({}, "ok", "backup 4"),
        ({"keys": 0, "generation": None, "created_at": None}, "ok", "no data key to lose"),
        ({"unsaved": 2}, "warn", "backup 4; data keys that came since: 2"),
        (
            {"generation": None, "unsaved": 3},
            "warn",
            "never backed up; data keys",
        ),
        ({"outdated": 2}, "warn", "those up to 2 hold keys that were destroyed since"),
    ],
)
def test_what_a_backup_lacks_or_has_too_much_is_a_warning(
    changes: dict[str, int | None], mark: str, words: str
) -> None:
    check = doctor.backup(standing(**changes))
    assert (check.ok, check.mark) == (True, mark)
    assert words in check.detail


def test_a_version_without_its_key_is_found() -> None:
    assert doctor.data_keys([]).mark == "ok"
    check = doctor.data_keys(["labour/a@2", "labour/b@1"])
    assert not check.ok
    assert "labour/a@2, labour/b@1" in check.detail


def test_a_second_home_with_the_same_account_is_found() -> None:
    assert doctor.restored_account("0x1", on_chain=5, known=5).ok
    # The one signed last may not be mined yet.
    assert doctor.restored_account("0x1", on_chain=5, known=6).ok
    check = doctor.restored_account("0x1", on_chain=7, known=5)
    assert not check.ok
    assert "0x1 sent 2 transactions" in check.detail


def test_services_without_or_with_a_wrong_provider_are_named() -> None:
    assert doctor.services([], []).ok
    check = doctor.services(["labour/status"], [])
    assert (check.ok, check.detail) == (False, "nothing answers labour/status here")
    assert check.hint == "add [services] to config.toml"
    check = doctor.services([], [ConfigError("it takes :name", hint="rename it")])
    assert (check.ok, check.detail, check.hint) == (False, "it takes :name", "rename it")
