"""The small, fixed country that `seed` builds: who its members are and what they hold and ask for.

Only plain facts belong here; `seed.py` brings them about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import NotFound

AGENCY: Final = "agency"
AUDITOR: Final = "audit-office"
_PACKAGE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Member:
    """A department, or an auditing body."""

    code: str
    name: str


@dataclass(frozen=True)
class Table:
    """A dataset with one version, made from an example table."""

    owner: str
    slug: str
    specification: str
    file: str
    sharing: str
    title: str
    description: str
    keywords: tuple[str, ...]
    legal_reason: str | None = None

    @property
    def dataset(self) -> str:
        """The dataset's full name."""
        return f"{self.owner}/{self.slug}"


@dataclass(frozen=True)
class Ask:
    """A request, and the state that its grant shall have in the end."""

    requester: str
    dataset: str
    purpose: str
    legal_basis: str
    text: str
    state: str


DEPARTMENTS: Final = (
    Member("labour", "Department of Labour"),
    Member("energy", "Department of Energy"),
    Member("transport", "Department of Transport"),
    Member("health", "Department of Health"),
    Member("statistics", "Statistics Office"),
    Member("interior", "Department of the Interior"),
)
MEMBERS: Final = (Member(AUDITOR, "Audit Office"), *DEPARTMENTS)

TABLES: Final = (
    Table(
        owner="transport",
        slug="airports",
        specification="airports",
        file="airports.csv",
        sharing="open",
        title="Airports and where they are",
        description="Every airport of the United States and its territories, with coordinates.",
        keywords=("aviation", "geography"),
    ),
    Table(
        owner="labour",
        slug="employment",
        specification="employment",
        file="us-employment.csv",
        sharing="conditional",
        title="Employment by sector, monthly",
        description="Employees on nonfarm payrolls by sector, in thousands, from 2006 to 2015.",
        keywords=("labour market", "economy"),
    ),
    Table(
        owner="energy",
        slug="electricity",
        specification="electricity",
        file="iowa-electricity.csv",
        sharing="closed",
        title="Electricity generation by source, yearly",
        description="Net generation of electricity in Iowa by source, from 2001 to 2017.",
        keywords=("energy", "climate"),
        legal_reason="Energy Statistics Act, section 12: plants must not be recognisable.",
    ),
)

ASKS: Final = (
    Ask(
        "health",
        "transport/airports",
        "emergency",
        "Civil Protection Act, section 4",
        "To plan where patients can be flown to.",
        "active",
    ),
    Ask(
        "statistics",
        "labour/employment",
        "statistics",
        "Statistics Act, section 7",
        "For the monthly report on the economy.",
        "active",
    ),
    Ask(
        "health",
        "labour/employment",
        "planning",
        "Health Services Act, section 21",
        "To estimate how many people occupational health care must reach.",
        "requested",
    ),
    Ask(
        "transport",
        "labour/employment",
        "planning",
        "Transport Act, section 3",
        "To forecast commuting.",
        "refused",
    ),
    Ask(
        "interior",
        "labour/employment",
        "research",
        "Interior Research Order, section 2",
        "To study migration between regions.",
        "suspended",
    ),
    Ask(
        "energy",
        "labour/employment",
        "planning",
        "Energy Act, section 9",
        "To forecast the demand of industry.",
        "revoked",
    ),
)


def examples() -> Path:
    """The folder of example tables and specifications, in the package or in the checkout.

    Raises:
        NotFound: neither has it.
    """
    for folder in (_PACKAGE / "examples", _PACKAGE.parents[1] / "examples"):
        if (folder / "data" / "SHA256SUMS").is_file():
            return folder
    raise NotFound("the example tables are missing", hint="install the package again")
