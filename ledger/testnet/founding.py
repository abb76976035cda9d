"""Founds the ledger of a test network: its contracts, the deployment file, the agency's home."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ledger.chain import Founding, deploy
from ledger.deployment import Delays
from ledger.files import write_private
from ledger.identifiers import Address, Digest, parse_code
from ledger.ipfs import KuboIpfs
from ledger.keystore import load_account, passphrase_from_file
from ledger.models import DepartmentCard, Level
from ledger.store import SqlStore
from ledger.testnet.country import AGENCY
from ledger.testnet.nodes import Nodes
from ledger.testnet.offices import addresses, complete_home, make_accounts, open_home
from ledger.testnet.seed import equip
from ledger.testnet.settings import Engine

_DAY_S: Final = 86_400
# Seconds, so that nobody waits for an admission or a new key; any period may be tried.
_DELAYS: Final = Delays(notice_period=5, key_delay=5, minimum_period=1)


def found(folder: Path, deployment: Path, engine: Engine, nodes: Nodes) -> None:
    """Deploy the contracts; make the agency's home as `folder`; write the deployment file last.

    What an interrupted founding left is begun anew.

    Raises:
        LedgerError: a node doesn't do its part.
    """
    shutil.rmtree(folder, ignore_errors=True)
    make_accounts(folder)
    admin = Address(addresses(folder)["admin"])
    card = DepartmentCard(code=parse_code(AGENCY), name="The agency", level=Level.NATIONAL)
    store = SqlStore.open(folder / "ledger.db")
    try:
        deployed = deploy(
            [nodes.rpc],
            engine,
            load_account(
                folder / "accounts" / "admin.json", passphrase_from_file(folder / "passphrase")
            ),
            store.outbox,
            Founding(
                code=card.code,
                admin=admin,
                card=Digest(KuboIpfs([nodes.ipfs]).put_block(card.to_bytes())),
                delays=_DELAYS,
                respond=10 * _DAY_S,
                release=_DAY_S,
                acknowledge=2 * _DAY_S,
                comply=10 * _DAY_S,
                attest=10 * _DAY_S,
            ),
        )
    finally:
        store.close()
    complete_home(folder, AGENCY, deployed.to_bytes(), nodes)
    with open_home(folder) as agency:
        equip(agency, addresses(folder))
    # Last: with this file there is a ledger, and the agency's home is whole.
    write_private(deployment, deployed.to_bytes(), replace=True)
