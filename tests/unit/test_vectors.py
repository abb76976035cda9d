"""This implementation against every vector, and the vectors against what generates them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger import errors
from tests.vectors.generate import FILES, DrawnWraps, build
from tests.vectors.operations import OPERATIONS, run

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
CONTENTS = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in FILES}
VECTORS = {
    f"{file}: {vector['name']}": vector
    for file, contents in CONTENTS.items()
    for vector in contents["vectors"]
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector(name: str) -> None:
    vector: dict[str, Any] = VECTORS[name]
    if "error" in vector:
        with pytest.raises(errors.LedgerError) as caught:
            run(vector["operation"], vector["input"])
        assert type(caught.value).__name__ == vector["error"], caught.value
    else:
        assert run(vector["operation"], vector["input"]) == vector["output"]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_generator_writes(name: str) -> None:
    assert build(name, DrawnWraps()) == CONTENTS[name]


def test_there_are_enough_vectors_of_each_sort() -> None:
    assert len(VECTORS) == sum(len(contents["vectors"]) for contents in CONTENTS.values())
    assert sum("error" in vector for vector in VECTORS.values()) >= 100
    assert len(VECTORS) >= 250
    used = Counter(vector["operation"] for vector in VECTORS.values())
    assert set(used) == set(OPERATIONS)
