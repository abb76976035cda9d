"""The tables of the specification say what the code says: vocabularies, types and their members."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.codes import Labelled, PayloadKind, Purpose, ReasonCode
from ledger.events import EVENTS, EventType, GrantState, TransferState
from ledger.models import (
    SIZE_CLASSES,
    DatasetDescription,
    DepartmentCard,
    DisclosureContent,
    DocumentContent,
    Enrolment,
    EnrolmentContent,
    Finding,
    Grounds,
    Manifest,
    Need,
    Offer,
    OpeningContent,
    Query,
    QueryContent,
    Reason,
    ReceiptDisclosure,
    RecordModel,
    Scorecard,
    SealedContent,
    SealedRecord,
    Specification,
    TagOpening,
    Terms,
)
from ledger.models.sealed import AnnexedRecord

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPEC = (DOCS / "spec.md").read_text()
TYPES: tuple[type[RecordModel], ...] = (
    DepartmentCard,
    Specification,
    DatasetDescription,
    Need,
    Terms,
    Offer,
    Reason,
    Finding,
    Scorecard,
    Query,
    TagOpening,
    ReceiptDisclosure,
    Enrolment,
)
SEALED: dict[str, type[SealedContent]] = {
    "`reason`": Grounds,
    "`manifest` of a document": DocumentContent,
    "`query`": QueryContent,
    "`tag-opening`": OpeningContent,
    "`receipt-disclosure`": DisclosureContent,
    "`enrolment`": EnrolmentContent,
}


def rows(section: str) -> list[list[str]]:
    """The cells of every table row below a heading."""
    text = SPEC.split(f"\n{section}\n", 1)[1]
    text = re.split(r"\n##+ ", text, maxsplit=1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def numbers(cell: str) -> list[int]:
    """`1 to 3` and `5, 6` as numbers."""
    if match := re.fullmatch(r"(\d+) to (\d+)", cell):
        return list(range(int(match[1]), int(match[2]) + 1))
    return [int(number) for number in re.findall(r"\d+", cell)]


def test_every_purpose_and_reason_has_its_number() -> None:
    found: dict[type[Labelled], dict[str, int]] = {Purpose: {}, ReasonCode: {}}
    for cells in rows("### Purposes and reasons"):
        if len(cells) == 5:
            for label, number in ((cells[0], cells[1]), (cells[3], cells[4])):
                found[Purpose].update(zip(quoted(label), numbers(number), strict=True))
        elif quoted(cells[0]):
            found[ReasonCode].update(zip(quoted(cells[0]), numbers(cells[1]), strict=True))
    for kind, table in found.items():
        assert table == {member.label: int(member) for member in kind}


@pytest.mark.parametrize("model", TYPES, ids=lambda model: model.TYPE)
def test_every_type_has_its_members(model: type[RecordModel]) -> None:
    name = f"`{model.TYPE.removeprefix('sharing-ledger/v1/')}`"
    (row,) = [cells for cells in rows("### Types") if cells[0] == name]
    annex = "s" if issubclass(model, SealedRecord) else "a" if "annex" in model.model_fields else ""
    assert row[1] == annex
    said = re.sub(r"\{[^}]*\}|\([^)]*\)", "", row[2])
    for field in model.model_fields.values():
        if field.alias not in ("type", "annex", "tableSchema", "jsonSchema"):
            # A member with another default than None is always written.
            optional = not field.is_required() and field.default is None
            assert re.search(f"`{field.alias}`" + ("✻" if optional else "(?!✻)"), said)


def test_every_member_of_a_manifest_is_there() -> None:
    said = {name for cells in rows("## 3. Manifest") for name in quoted(cells[0])}
    aliases = {field.alias for field in Manifest.model_fields.values()} - {"type"}
    assert aliases <= said
    kinds = {cells[0].strip("`") for cells in rows("## 3. Manifest") if len(cells) == 10}
    assert {kind.label for kind in PayloadKind} <= kinds


@pytest.mark.parametrize("record", SEALED)
def test_every_sealed_content_has_its_members(record: str) -> None:
    (row,) = [cells for cells in rows("### Sealed annex") if cells[0] == record]
    said = re.sub(r"\{[^}]*\}", "", row[1])
    for field in SEALED[record].model_fields.values():
        optional = not field.is_required()
        assert re.search(f"`{field.alias}`✻" if optional else rf"`{field.alias}`(?!✻)", said)


def test_size_classes_are_powers_of_four() -> None:
    assert "256 bytes, 1 KiB, 4 KiB … 1 GiB (powers of four)" in SPEC
    assert [size for size in SIZE_CLASSES if size < 5000] == [256, 1024, 4096]
    assert SIZE_CLASSES[-1] == 2**30
    assert issubclass(Manifest, AnnexedRecord)


def test_the_events_of_each_head_are_listed() -> None:
    section = SPEC[SPEC.index("| head of | events |") :]
    of_members = set(re.findall(r"`([A-Z]\w+)`", section[: section.index("| the dataset |")]))
    kinds = [kind for kind in EVENTS.values() if not _always_of_a_dataset(kind)]
    assert of_members == {kind.event.__name__ for kind in kinds}


def _always_of_a_dataset(kind: EventType) -> bool:
    """Whether the number of its dataset can't be 0."""
    dataset = next((field for field in kind.fields if field.name == "dataset"), None)
    if dataset is None:
        return False
    try:
        dataset.kind.read(bytes(32))
    except ValueError:
        return True
    return False


def test_every_state_and_purpose_is_mapped() -> None:
    mapped = (DOCS / "mappings.md").read_text()
    states = [state for kind in (GrantState, TransferState) for state in kind if state]
    for state in states:
        assert re.search(rf"^\|.*\b{state.name.capitalize()}\b", mapped, re.M), state
    for purpose in Purpose:
        assert f"\n| `{purpose.label}` | " in mapped, purpose
