"""What a version was made from: its manifest names the transfers, its owner declares them."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.client.session import Session
from ledger.errors import InputError, RefusedError
from ledger.events import TransferState
from ledger.models import MAX_SOURCES
from ledger.ports import Intent
from ledger.provenance import Dataset


def require_usable(session: Session, sources: Sequence[int]) -> None:
    """Check that a version may be made from these transfers, before anything is published.

    Raises:
        NotFound: there is no such transfer.
        InputError: they are too many, one is not to this department, or this home has no OFFICER.
        RefusedError: one isn't acknowledged, or its grant forbids onward use.
    """
    if not sources:
        return
    if len(sources) > MAX_SOURCES:
        raise InputError(
            f"a version can be made from {MAX_SOURCES} transfers at most, not from {len(sources)}"
        )
    # An AGENT may publish where the dataset says so, but an OFFICER declares.
    session.accounts.signer("officer")
    state, me = session.state(), session.me().id
    for number in sources:
        transfer = state.transfer(number)
        show = f"ledger transfer show {number}"
        if transfer.receiver != me:
            raise InputError(f"transfer {number} is not to {session.code}", hint=show)
        if transfer.state is not TransferState.ACKNOWLEDGED:
            raise RefusedError(
                f"transfer {number} is {transfer.state.label}: only what was acknowledged can be "
                "a source",
                hint=show,
            )
        if transfer.grant is None or not state.grants[transfer.grant].onward_use:
            raise RefusedError(
                f"transfer {number} was received under terms that forbid onward use",
                hint="ask for a grant that allows it: ledger request create … --onward-use",
            )


def declare(
    session: Session, intent: Intent, dataset: Dataset, version: int, sources: Sequence[int]
) -> None:
    """Declare the sources that a published version's manifest names, unless they are declared.

    Raises:
        RefusedError: they can't be any more; then nobody accepts the version.
    """
    published = session.state().datasets[dataset.id].version(version)
    if not sources or published.sources_declared_at is not None:
        return
    name = f"{dataset.name}@{version}"
    try:
        session.act(
            "officer",
            "TransferLog",
            "declareSources",
            dataset.id,
            version,
            list(sources),
            key=f"{intent.key}:sources",
        )
    except RefusedError as error:
        raise RefusedError(
            f"{name} is published, but its sources can't be declared: {error.message}",
            hint=f"receivers refuse it like this, so: ledger dataset withdraw {name}",
        ) from error
