"""Deliveries: opening and fetching them, and saying what became of them."""

from __future__ import annotations

from pathlib import Path

from ledger.client import receipts
from ledger.client.attempts import grant_to_name, require_opened
from ledger.client.attesting import Attested, Obligations, attest, obligations
from ledger.client.disputing import DEFAULT_TIMEOUT_S, Disputing
from ledger.client.fetching import Fetcher, delivered_version
from ledger.client.mined import only
from ledger.client.places import require_absent, require_writable, target_of
from ledger.client.results import Fetched, Opened
from ledger.client.revealing import Revealed, reveal
from ledger.client.session import Session
from ledger.errors import InputError, NotFound
from ledger.events import TransferOpened, TransferState
from ledger.identifiers import DatasetName
from ledger.models import ReasonCode
from ledger.ports import Intent, ReceiptCheck
from ledger.provenance import Dataset, Transfer


class Transfers(Disputing):
    """What a grantee receives and an owner delivers."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._fetcher = Fetcher(session)

    def open(self, name: str) -> Opened:
        """Ask for one delivery of a version, the latest unless `name` says which.

        Raises:
            NotFound: no such dataset or version.
            InputError: it is this department's own.
            RefusedError: there is no grant, or it doesn't hold; the attempt is on the record.
            ContractError: the ledger's rules refuse it.
        """
        dataset, version = self._version(name)
        with self._session.intent("transfer open", dataset=dataset.name, version=version) as intent:
            return self._open(intent, dataset, version)

    def fetch(self, name: str, out: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Fetched:
        """Open a transfer, wait for its key, decrypt, check, acknowledge, and put the file in
        place.

        `name` is a dataset, a version of one, or the number of a transfer that was opened before.
        `out` is the file to write, or a
        folder, which keeps the sender's file name.

        Raises:
            NotFound: no such dataset, version or transfer.
            InputError: the file exists already, or the dataset is this department's own.
            RefusedError: there is no grant, it doesn't hold, or the owner declined.
            WaitTimeout: the owner didn't release it in time; run again.
            IntegrityError: key, manifest or payload aren't what was released; nothing is left
            behind.
        """
        session = self._session
        require_writable(out)
        if name.isdecimal():
            transfer = self._mine(int(name))
            of, which = delivered_version(transfer)
            dataset, version = session.state().datasets[of], int(which)
        else:
            dataset, version = self._version(name)
        arguments: dict[str, object] = {
            "dataset": dataset.name,
            "version": version,
            "out": str(out.absolute()),
        }
        if name.isdecimal():
            arguments["transfer"] = int(name)
        target = target_of(out, self._fetcher.manifest(dataset.id, version))
        with session.intent("transfer fetch", **arguments) as intent:
            require_absent(target, intent)
            if name.isdecimal():
                number = int(name)
            else:
                number = self._open(intent, dataset, version).transfer
            return self._fetcher.fetch(intent, number, target, timeout_s=timeout_s)

    def attest(
        self,
        number: int,
        *,
        outcome: ReasonCode,
        legal_ground: str | None = None,
        text: str | None = None,
        recall: int | None = None,
    ) -> Attested:
        """Say what became of what was received: for the recall that waits for it, or `recall`; 0 is
        the end of the retention.

        Raises:
            NotFound: no such transfer or recall.
            InputError: it isn't to this department, the outcome or its legal ground is wrong, the
                recall doesn't concern it, nothing waits, or several recalls do.
            ContractError: it was attested before.
        """
        return attest(
            self._session,
            number,
            outcome=outcome,
            legal_ground=legal_ground,
            text=text,
            recall=recall,
        )

    def obligations(self, number: int) -> Obligations:
        """What recalls and terms ask of what a transfer delivered, and what was attested.

        Raises:
            NotFound: there is no such transfer.
        """
        return obligations(self._session, self.show(number))

    def reveal(self, number: int) -> Revealed:
        """Reveal whom an answer is about, to that subject alone; auditors may once it is due.

        Raises:
            NotFound: no such transfer, it hides nobody, or can't be opened here.
            RefusedError: it isn't this department's to reveal, or not yet.
            IntegrityError: what was sealed isn't what was hidden, or no node has it.
            ContractError: the ledger's rules refuse it.
        """
        return reveal(self._session, number)

    def list(self, *, dataset: str | None = None, open_only: bool = False) -> list[Transfer]:
        """Transfers by number, of all members.

        Raises:
            NotFound: no such dataset.
        """
        state = self._session.state()
        wanted = state.dataset(dataset).id if dataset else None
        return [
            transfer
            for _, transfer in sorted(state.transfers.items())
            if wanted in (None, transfer.dataset)
            and (not open_only or transfer.state is TransferState.OPENED)
        ]

    def show(self, number: int) -> Transfer:
        """One transfer.

        Raises:
            NotFound: there is none of this number.
        """
        return self._session.state().transfer(number)

    def receipt(self, number: int) -> ReceiptCheck | None:
        """What this department knows of a transfer's receipt; None while there is none.

        Raises:
            NotFound: there is no such transfer.
        """
        return receipts.found(self._session, self.show(number))

    def _open(self, intent: Intent, dataset: Dataset, version: int) -> Opened:
        session = self._session
        if "grant" not in intent.state:
            # Kept: by the next run another grant may be the one to name.
            intent.save(grant=grant_to_name(session, dataset))
        grant = int(str(intent.state["grant"]))
        if "transfer" not in intent.state:
            begun = self._opened_before_restore(dataset, version, grant)
            if begun is not None and begun.release_by is not None:
                return Opened(begun.id, begun.release_by)
        receipt = session.act(
            "agent",
            "TransferLog",
            "open",
            dataset.id,
            version,
            grant,
            key=f"{intent.key}:open",
        )
        require_opened(session, receipt, dataset, grant)
        opened = only(receipt, TransferOpened)
        if "transfer" not in intent.state:
            intent.save(transfer=opened.transfer)
        return Opened(opened.transfer, opened.release_by)

    def _opened_before_restore(self, dataset: Dataset, version: int, grant: int) -> Transfer | None:
        """In a restored home, a transfer that the home before it opened and didn't receive."""
        session = self._session
        restoration = session.store.restored()
        if restoration is None:
            return None
        wanted = (dataset.id, version, grant, session.me().id)
        for transfer in session.state().transfers.values():
            found = (transfer.dataset, transfer.version, transfer.grant, transfer.receiver)
            unreceived = transfer.state in (TransferState.OPENED, TransferState.RELEASED)
            opened_in = transfer.history[0].at.block_number
            if found == wanted and unreceived and opened_in <= restoration.block:
                return transfer
        return None

    def _version(self, name: str) -> tuple[Dataset, int]:
        dataset = self._session.state().dataset(name)
        if dataset.owner == self._session.me().id:
            raise InputError(f"{dataset.name} is {self._session.code}'s own: nobody delivers it")
        wanted = DatasetName.parse(name).version
        if wanted is not None:
            return dataset, dataset.version(wanted).number
        latest = dataset.latest
        if latest is None:
            raise NotFound(f"{dataset.name} has no version yet")
        return dataset, latest.number

    def _mine(self, number: int) -> Transfer:
        transfer = self._session.state().transfer(number)
        if transfer.receiver != self._session.me().id:
            raise InputError(f"transfer {number} is not to {self._session.code}")
        return transfer
