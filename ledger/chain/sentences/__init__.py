"""What each custom error of the contracts says to a person, and what to do; nothing else.

Placeholders are the error's arguments; `refusals` writes times as UTC, codes as text, states by
their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.sentences.datasets import OF_CONSENTS, OF_DATASETS
from ledger.chain.sentences.grants import OF_GRANTS
from ledger.chain.sentences.members import OF_MEMBERS
from ledger.chain.sentences.sentence import Sentence
from ledger.chain.sentences.transfers import OF_TRANSFERS

SENTENCES: Final[Mapping[str, Sentence]] = {
    **OF_MEMBERS,
    **OF_DATASETS,
    **OF_CONSENTS,
    **OF_GRANTS,
    **OF_TRANSFERS,
}
