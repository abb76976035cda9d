"""Real Ganache, anvil and Kubo: started, stopped, restarted with their data, gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.errors import ConfigError, ToolchainError
from ledger.testnet.daemon import Daemon
from ledger.testnet.http import json_rpc
from ledger.testnet.processes import (
    ChainProcess,
    IpfsProcess,
    processes,
    start_chain,
    start_ipfs,
    stop,
)
from ledger.testnet.settings import Engine, load_settings
from ledger.toolchain import Programs, locate
from tests.chain_fixtures import port_taken

pytestmark = pytest.mark.integration

ENGINES: tuple[Engine, ...] = ("ganache", "anvil")


@pytest.fixture(scope="module")
def programs() -> Programs:
    found = locate()
    assert found, "run scripts/setup first"
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "testnet"
    stop(tmp_path / "testnet")


@pytest.fixture
def start(programs: Programs, folder: Path) -> Callable[[Engine], ChainProcess]:
    def start_engine(engine: Engine) -> ChainProcess:
        return start_chain(
            programs.engine(engine), engine, load_settings(), folder, with_parent=True
        )

    return start_engine


def head(chain: ChainProcess) -> tuple[int, int]:
    block = json_rpc(chain.url, "eth_getBlockByNumber", ["latest", False])
    assert isinstance(block, dict)
    return int(block["number"], 16), int(block["timestamp"], 16)


def wait_until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_comes_back_with_its_blocks_on_the_same_port(
    engine: Engine, start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    first = start(engine)
    genesis = json_rpc(first.url, "eth_getBlockByNumber", ["0x0", False])
    json_rpc(first.url, "evm_mine")
    json_rpc(first.url, "evm_mine")
    mined = json_rpc(first.url, "eth_getBlockByNumber", ["0x2", False])
    assert isinstance(genesis, dict)
    assert isinstance(mined, dict)
    stop(folder)
    assert not first.daemon.runs()

    second = start(engine)

    assert second.url == first.url
    assert head(second)[0] == 2
    for before in (genesis, mined):
        after = json_rpc(second.url, "eth_getBlockByNumber", [before["number"], False])
        assert isinstance(after, dict)
        assert after["hash"] == before["hash"]


@pytest.mark.parametrize("engine", ENGINES)
def test_time_that_was_advanced_does_not_run_backwards_after_a_restart(
    engine: Engine, start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    first = start(engine)
    json_rpc(first.url, "evm_increaseTime", [30 * 86_400])
    json_rpc(first.url, "evm_mine")
    advanced = head(first)[1]
    assert advanced >= time.time() + 29 * 86_400
    stop(folder)

    second = start(engine)
    json_rpc(second.url, "evm_mine")

    assert advanced <= head(second)[1] <= advanced + 60


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_serves_berlin_blocks_at_once_and_for_free(
    engine: Engine, start: Callable[[Engine], ChainProcess]
) -> None:
    chain = start(engine)
    assert json_rpc(chain.url, "eth_chainId") == hex(1337)
    assert json_rpc(chain.url, "eth_gasPrice") == "0x0"
    assert json_rpc(chain.url, "eth_accounts") == []
    block = json_rpc(chain.url, "eth_getBlockByNumber", ["latest", False])
    assert isinstance(block, dict)
    assert "baseFeePerGas" not in block
    assert int(block["gasLimit"], 16) == 30_000_000


@pytest.mark.parametrize("engine", ENGINES)
def test_starting_a_chain_that_runs_returns_it(
    engine: Engine, start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    chain = start(engine)
    assert start(engine) == chain
    assert processes(folder) == (chain, None)


def test_data_of_one_engine_are_refused_to_the_other(
    start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    start("anvil")
    stop(folder)
    with pytest.raises(ConfigError, match="made with anvil, not ganache"):
        start("ganache")


def test_a_chain_whose_port_was_taken_meanwhile_moves_to_another(
    start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    start("anvil")
    stop(folder)
    with port_taken(folder) as taken:
        second = start("anvil")
        assert second.url != taken
        assert head(second)[0] == 0


def test_a_chain_that_was_killed_is_seen_as_gone_and_starts_again(
    start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    first = start("ganache")
    json_rpc(first.url, "evm_mine")
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not first.daemon.runs())
    second = start("ganache")
    assert second.pid != first.pid
    assert head(second)[0] == 1


def test_an_engine_that_cannot_start_is_reported_with_its_last_words(
    programs: Programs, folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no space for dinosaurs\nexit 7\n")
    broken.chmod(0o755)
    with pytest.raises(ToolchainError, match="no space for dinosaurs"):
        start_chain([str(broken)], "ganache", load_settings(), folder)
    assert processes(folder) == (None, None)


def test_an_engine_that_serves_another_chain_is_stopped(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import http.server, os, sys\n"
        "from pathlib import Path\n"
        "class Other(http.server.BaseHTTPRequestHandler):\n"
        "    def do_POST(self):\n"
        "        self.send_response(200)\n"
        "        self.end_headers()\n"
        '        self.wfile.write(b\'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}\')\n'
        "        Path(sys.argv[1]).write_text(str(os.getpid()))\n"
        "port = next(one for one in sys.argv if one.startswith('--server.port='))\n"
        "address = ('127.0.0.1', int(port.partition('=')[2]))\n"
        "http.server.HTTPServer(address, Other).serve_forever()\n"
    )
    asked = tmp_path / "asked"

    def given_up_once_asked(_: Daemon, ready: Callable[[], bool], **__: float) -> bool:
        wait_until(lambda: ready() or asked.exists())
        return ready()

    monkeypatch.setattr("ledger.testnet.processes.wait_until_ready", given_up_once_asked)
    with pytest.raises(ToolchainError, match="chain does not start"):
        start_chain([sys.executable, "-c", script, str(asked)], "ganache", load_settings(), folder)
    assert processes(folder) == (None, None)
    with pytest.raises(ProcessLookupError):
        os.kill(int(asked.read_text()), 0)


def test_a_failed_restart_leaves_the_list_of_processes_as_it_was(
    start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    first = start("ganache")
    stop(folder)
    with pytest.raises(ToolchainError, match="does not start"):
        start_chain(["/bin/false"], "ganache", load_settings(), folder)
    assert processes(folder) == (first, None)
    assert start("ganache").url == first.url


def test_a_start_that_was_killed_half_way_leaves_no_unknown_process(
    programs: Programs, start: Callable[[Engine], ChainProcess], folder: Path
) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from ledger.testnet import processes\n"
        "from ledger.testnet.settings import load_settings\n"
        "processes._wait = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder = Path(sys.argv[1])\n"
        "processes.start_chain(sys.argv[2:], 'ganache', load_settings(), folder)\n"
    )
    command = [sys.executable, "-c", script, str(folder), *programs.ganache]
    subprocess.run(command, check=False, timeout=60)
    half_started, _ = processes(folder)
    assert half_started
    assert start("ganache") == half_started
    assert head(half_started)[0] == 0


def test_a_kubo_that_refuses_is_reported(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "ipfs"
    broken.write_text("#!/bin/sh\necho the disk is on strike >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(ToolchainError, match="ipfs init failed: the disk is on strike"):
        start_ipfs(broken, folder)
    with pytest.raises(ToolchainError, match="ipfs init failed"):
        start_ipfs(tmp_path / "none", folder)


def test_a_program_that_does_not_exist_is_reported(folder: Path) -> None:
    with pytest.raises(ToolchainError, match="does not start"):
        start_chain(["/nowhere/ganache"], "ganache", load_settings(), folder)


def test_a_damaged_list_of_processes_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "testnet.json").write_text('{"chain": {"pid": 1}}')
    with pytest.raises(ConfigError, match="damaged"):
        processes(folder)
    (folder / "testnet.json").unlink()


def test_a_later_process_with_the_same_number_is_left_alone(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        stranger = Daemon(other.pid, "an earlier boot/12345")
        assert not stranger.runs()
        stranger.stop(timeout_s=1)
        assert other.poll() is None
        other.kill()


def test_processes_end_with_the_one_that_started_them(programs: Programs, folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from ledger.testnet.processes import start_chain\n"
        "from ledger.testnet.settings import load_settings\n"
        "folder = Path(sys.argv[2])\n"
        "start_chain([sys.argv[1]], 'anvil', load_settings(), folder, with_parent=True)\n"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(programs.anvil), str(folder)], check=False, timeout=60
    )
    chain, _ = processes(folder)
    assert chain
    wait_until(lambda: not chain.daemon.runs())


def test_processes_of_a_test_network_outlive_the_command_that_started_them(
    programs: Programs, folder: Path
) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from ledger.testnet.processes import start_chain\n"
        "from ledger.testnet.settings import load_settings\n"
        "start_chain([sys.argv[1]], 'anvil', load_settings(), Path(sys.argv[2]))\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(programs.anvil), str(folder)], check=True, timeout=60
    )
    chain, _ = processes(folder)
    assert chain
    assert head(chain)[0] == 0


def api(ipfs: IpfsProcess, call: str, content: bytes | None = None) -> bytes:
    boundary = "----part"
    body, headers = b"", {}
    if content is not None:
        start = f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="d"\r\n\r\n'
        body = start.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(
        f"{ipfs.api}/api/v0/{call}", data=body, headers=headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return bytes(response.read())


def test_an_ipfs_node_keeps_its_blocks_over_a_restart(programs: Programs, folder: Path) -> None:
    first = start_ipfs(programs.ipfs, folder, with_parent=True)
    assert start_ipfs(programs.ipfs, folder, with_parent=True) == first
    block = json.loads(api(first, "block/put?cid-codec=raw&mhtype=sha2-256", b"a record"))
    added = json.loads(api(first, "add?cid-version=1&raw-leaves=true&chunker=size-1048576", b"x"))
    stop(folder)
    assert not first.daemon.runs()

    second = start_ipfs(programs.ipfs, folder, with_parent=True)

    assert (second.api, second.gateway) == (first.api, first.gateway)
    assert api(second, f"block/get?arg={block['Key']}") == b"a record"
    assert api(second, f"cat?arg={added['Hash']}") == b"x"
    with urllib.request.urlopen(f"{second.gateway}/ipfs/{added['Hash']}", timeout=20) as response:
        assert response.read() == b"x"


def test_an_ipfs_node_is_private_and_says_at_once_what_it_lacks(
    programs: Programs, folder: Path
) -> None:
    ipfs = start_ipfs(programs.ipfs, folder, with_parent=True)
    config = json.loads(api(ipfs, "config/show"))
    assert config["Bootstrap"] == []
    assert config["Routing"]["Type"] == "none"
    assert config["Addresses"]["Swarm"] == []
    assert config["AutoConf"]["Enabled"] is False
    key = folder / "ipfs" / "swarm.key"
    assert key.read_text().startswith("/key/swarm/psk/1.0.0/\n/base16/\n")
    assert key.stat().st_mode & 0o777 == 0o600
    absent = "bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    with pytest.raises(urllib.error.HTTPError):
        api(ipfs, f"block/get?arg={absent}")
    listening = ipfs.daemon
    assert listening.listens(int(ipfs.api.rpartition(":")[2]))


def test_a_copy_of_a_stopped_test_network_runs_beside_the_original(
    programs: Programs, folder: Path, tmp_path: Path
) -> None:
    chain = start_chain(programs.engine("anvil"), "anvil", load_settings(), folder)
    json_rpc(chain.url, "evm_mine")
    start_ipfs(programs.ipfs, folder)
    stop(folder)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    try:
        original = start_chain(programs.engine("anvil"), "anvil", load_settings(), folder)
        copied = start_chain(programs.engine("anvil"), "anvil", load_settings(), copy)
        ipfs = start_ipfs(programs.ipfs, folder), start_ipfs(programs.ipfs, copy)
        assert original.url != copied.url
        assert head(original)[0] == head(copied)[0] == 1
        assert ipfs[0].api != ipfs[1].api
    finally:
        stop(copy)
