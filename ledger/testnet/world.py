"""A test network as a whole: its processes, the deployed ledger and the homes, together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from ledger import toolchain
from ledger.config import Home
from ledger.errors import ConfigError, InputError, NodeUnreachable
from ledger.files import make_private_folder
from ledger.testnet import homes, processes, snapshots
from ledger.testnet.country import AGENCY
from ledger.testnet.http import json_rpc
from ledger.testnet.nodes import Nodes
from ledger.testnet.settings import DEFAULT_CONFIG, Engine, load_settings

if TYPE_CHECKING:
    from ledger.testnet.seed import Seed, Seeded

CONFIG: Final = "ganache.config.json"
DEPLOYMENT: Final = "deployment.json"
STATE: Final = "testnet.json"

Say = Callable[[str], None]
"""Told what goes on, one line each."""


@dataclass(frozen=True)
class Status:
    """What there is of a test network, and what of it runs."""

    folder: Path
    engine: Engine | None
    chain: str | None
    """The chain's JSON-RPC address while it runs."""
    ipfs: str | None
    """The IPFS node's API address while it runs."""
    deployment: Path | None
    homes: tuple[str, ...]
    snapshots: tuple[str, ...]

    @property
    def up(self) -> bool:
        """Whether everything runs."""
        return bool(self.chain and self.ipfs and self.deployment)


class Testnet:
    """One test network in `folder`; the homes of its members are beside it."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    def __init__(
        self,
        folder: Path,
        *,
        config: Path | None = None,
        with_parent: bool = False,
        say: Say = lambda _line: None,
    ) -> None:
        """`config` is a `ganache.config.json`; `with_parent` ends the processes with this one."""
        self.folder = folder
        self._config = config
        self._with_parent = with_parent
        self._say = say
        self._layout = snapshots.Layout(folder, (*processes.PARTS, CONFIG, DEPLOYMENT))

    @property
    def root(self) -> Path:
        """The folder that holds the homes."""
        return self.folder.parent

    @property
    def deployment(self) -> Path:
        """The deployment file."""
        return self.folder / DEPLOYMENT

    def up(self, engine: Engine | None = None) -> Status:
        """Start what doesn't run, on its data; the first time, deploy the ledger.

        Without `engine` it is the one that the network was made with, at first Ganache.

        Raises:
            ToolchainError: a program cannot be had or does not start.
            ConfigError: the network was made with another engine.
            DiskFull: no space is left.
        """
        with self._locked():
            self._up(engine)
        return self.status()

    def down(self) -> None:
        """Stop the processes; all data stay."""
        with self._locked():
            processes.stop(self.folder)

    def status(self) -> Status:
        """What there is, and what runs."""
        chain, ipfs = processes.processes(self.folder)
        return Status(
            folder=self.folder,
            engine=self._engine() or (chain.engine if chain else None),
            chain=chain.url if chain and chain.daemon.runs() else None,
            ipfs=ipfs.api if ipfs and ipfs.daemon.runs() else None,
            deployment=self.deployment if self.deployment.exists() else None,
            homes=tuple(home.name for home in self._homes()),
            snapshots=tuple(snapshots.names(self._layout)),
        )

    def reset(self) -> None:
        """Stop the processes and remove chain, IPFS node and homes; snapshots stay.

        Raises:
            InputError: an agent runs in one of the homes.
        """
        with self._locked():
            found = self._homes()
            homes.require_idle(found)
            processes.stop(self.folder)
            state = (self.folder / name for name in (*self._layout.parts, STATE))
            # The deployment file goes last: without it nobody would know whose the homes are.
            snapshots.remove_all([*(home.path for home in found), *reversed(list(state))])

    def snapshot(self, name: str) -> None:
        """Keep chain, IPFS node and homes under a name; what runs is stopped meanwhile.

        Raises:
            InputError: the name is taken or malformed, or an agent runs in one of the homes.
            DiskFull: no space is left; nothing is kept.
        """
        with self._locked():
            snapshots.check_free(self._layout, name)
            self._require_deployed()
            names = [home.name for home in self._homes()]
            with self._stopped():
                self._say(f"copying chain, IPFS node and {len(names)} homes")
                snapshots.take(self._layout, names, name)

    def restore(self, name: str) -> None:
        """Put back what a snapshot kept, whole, also after a crash in the middle.

        Raises:
            NotFound: there is no snapshot of this name.
            InputError: an agent runs in one of the homes.
            DiskFull: no space is left; nothing was changed.
        """
        with self._locked():
            snapshots.check_exists(self._layout, name)
            names = [home.name for home in self._homes()]
            engine = self._engine()
            with self._stopped():
                self._say(f"putting {name} back")
                snapshots.prepare(self._layout, name)
                snapshots.finish(self._layout, names)
                if self._engine() != engine:
                    # It says how to start the processes that ran before.
                    (self.folder / STATE).unlink(missing_ok=True)

    def advance(self, seconds: int) -> int:
        """Let time pass on the chain, in one block; return its time, in Unix seconds.

        Raises:
            InputError: less than a second.
            NodeUnreachable: the chain doesn't run.
        """
        if seconds < 1:
            raise InputError("time goes forward only: expected 1 second or more")
        # Imported here: it brings web3, which `testnet status` and `down` do without.
        from ledger.chain import TimeControl

        return TimeControl(self.nodes().rpc).advance(seconds).timestamp

    def nodes(self) -> Nodes:
        """Where its nodes are.

        Raises:
            NodeUnreachable: they don't run.
        """
        status = self.status()
        if status.chain is None or status.ipfs is None:
            raise NodeUnreachable("the test network is down", hint="ledger testnet up")
        return Nodes(status.chain, status.ipfs)

    def seed(self) -> Seeded:
        """Build the small, fixed country of `country.py`, or what is missing of it.

        Raises:
            NodeUnreachable: the network is down.
        """
        with self._seeding() as seed:
            return seed.everything()

    def seed_members(self) -> None:
        """Admit the members of the country, without anything to share yet.

        Raises:
            NodeUnreachable: the network is down.
        """
        with self._seeding() as seed:
            seed.members()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens on the chain in the block is as if it had not been, after it.

        Raises:
            NodeUnreachable: the network is down.
        """
        url = self.nodes().rpc
        number = json_rpc(url, "evm_snapshot")
        try:
            yield
        finally:
            json_rpc(url, "evm_revert", [number])

    @contextmanager
    def _seeding(self) -> Iterator[Seed]:
        from ledger.testnet.offices import Offices
        from ledger.testnet.seed import Seed

        with self._locked():
            offices = Offices(self.root, self.deployment, self.nodes())
            with Seed(offices, self.advance, self._say) as seed:
                yield seed

    def _up(self, engine: Engine | None) -> None:
        snapshots.finish(self._layout, [home.name for home in self._homes()])
        before = self.status()
        if engine and before.engine and engine != before.engine:
            raise ConfigError(
                f"the test network in {self.folder} was made with {before.engine}, not {engine}",
                hint="go on with that engine, or begin anew: ledger testnet reset",
            )
        if before.up:
            return
        engine = engine or before.engine or "ganache"
        programs = toolchain.obtain(self._say)
        self._say(f"starting {engine} and an IPFS node")
        chain = processes.start_chain(
            programs.engine(engine),
            engine,
            load_settings(self._settings_file()),
            self.folder,
            with_parent=self._with_parent,
        )
        ipfs = processes.start_ipfs(programs.ipfs, self.folder, with_parent=self._with_parent)
        if before.deployment is None:
            # Imported here: it brings web3, which `testnet status` and `down` do without.
            from ledger.testnet.founding import found

            self._require_room()
            self._say("deploying the contracts")
            found(self.folder / AGENCY, self.deployment, engine, Nodes(chain.url, ipfs.api))
        else:
            self._require_ledger(chain.url)
        self._settle_agency()
        for home in self._homes():
            home.with_addresses(rpc=(chain.url,), ipfs=(ipfs.api,))

    def _engine(self) -> Engine | None:
        if not self.deployment.exists():
            return None
        engine: Engine = json.loads(self.deployment.read_bytes())["engine"]
        return engine

    def _settle_agency(self) -> None:
        """Put the agency's home, made beside the deployment, where the homes are."""
        made = self.folder / AGENCY
        if made.exists():
            made.rename(self.root / AGENCY)

    def _settings_file(self) -> Path:
        # A chain keeps the configuration that it was made with, wherever it is started from later.
        kept = self.folder / CONFIG
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            source = self._config or DEFAULT_CONFIG
            load_settings(source)
            shutil.copyfile(source, kept)
        return kept

    def _homes(self) -> list[Home]:
        return homes.members(self.root, self.deployment)

    def _require_ledger(self, rpc: str) -> None:
        contracts = json.loads(self.deployment.read_bytes())["contracts"].values()
        for contract in contracts:
            if json_rpc(rpc, "eth_getCode", [contract["address"], "latest"]) in (None, "0x"):
                processes.stop(self.folder)
                raise ConfigError(
                    "the chain has lost the ledger: it was killed before it wrote its state",
                    hint="put a snapshot back, or begin anew: ledger testnet reset",
                )

    def _require_room(self) -> None:
        if (self.root / AGENCY).exists():
            raise ConfigError(
                f"there is a home '{AGENCY}' of another ledger in {self.root}",
                hint="choose another folder: set LEDGER_HOME",
            )

    def _require_deployed(self) -> None:
        if not self.deployment.exists():
            raise InputError("there is no test network yet", hint="ledger testnet up")

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        """The processes stand still for the block, and run again after it if they ran before."""
        homes.require_idle(self._homes())
        ran = self.status()
        processes.stop(self.folder)
        try:
            yield
        finally:
            if ran.chain or ran.ipfs:
                self._up(None)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_private_folder(self.folder)
        with FileLock(self.folder / "world.lock"):
            yield
