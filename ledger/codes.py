"""The numbered vocabularies of the protocol: purposes, reasons, kinds of payload.

A number is written on the chain and never changes its meaning; records write the label. This
module stays light: the command line's help lists the labels.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Self

from ledger.errors import InputError
from ledger.identifiers import shown


class Labelled(IntEnum):
    """A number on the chain with a label (`service-delivery`) in records and for people."""

    @property
    def label(self) -> str:
        """The name in records: lower case with hyphens."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def parse(cls, label: str) -> Self:
        """The member with this label.

        Raises:
            InputError: there is none.
        """
        for member in cls:
            if member.label == label:
                return member
        known = ", ".join(member.label for member in cls)
        raise InputError(f"{shown(label)} is not a {cls._kind()}: expected one of {known}")

    @classmethod
    def told(cls, number: int) -> str:
        """The label of a number; a later version of the protocol may know more of them."""
        try:
            return cls(number).label
        except ValueError:
            return f"{cls.__name__} {number}"

    @classmethod
    def _kind(cls) -> str:
        """The class's name as people write it: `reason code`."""
        return re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__).lower()


class Purpose(Labelled):
    """What data is used for, after the purposes of the Data Privacy Vocabulary (DPV 2).

    The contracts carry it as `uint16`; 0 is never used.
    """

    STATISTICS = 1  # official statistics
    RESEARCH = 2  # dpv:ResearchAndDevelopment
    SERVICE_DELIVERY = 3  # dpv:ServiceProvision
    ELIGIBILITY = 4  # whether somebody is entitled to a benefit or a licence
    PLANNING = 5  # budgets, capacity, policy
    LEGAL_DUTY = 6  # dpv:LegalCompliance
    LAW_ENFORCEMENT = 7
    FRAUD_PREVENTION = 8  # dpv:FraudPreventionAndDetection
    AUDIT = 9  # by an auditing body
    PUBLIC_HEALTH = 10
    EMERGENCY = 11  # civil protection
    DATA_QUALITY = 12  # comparing and correcting registers
    OTHER = 65535  # the text of the terms says which


class ReasonCode(Labelled):
    """Why a request, grant, transfer, department or dataset was decided upon as it was.

    The contracts carry it as `uint16`; 0 is never used, so that a reason cannot be forgotten.
    Numbers group by use: 1 on requests, 20 on transfers, 40 on grants, versions, needs and
    departments, 60 on escalations and rulings, 70 on findings and acts of the agency, 80 on
    attestations, 90 on hiding whom an answer is about.
    """

    INCOMPLETE = 1
    NO_LEGAL_BASIS = 2
    OUT_OF_SCOPE = 3
    EXCESSIVE = 4
    SECURITY = 5
    RECORD_UNAVAILABLE = 6
    NOT_SHAREABLE = 7

    KEY_UNAVAILABLE = 20
    PAYLOAD_UNAVAILABLE = 21
    CORRUPT = 22
    GRANT_DOES_NOT_HOLD = 23
    SPECIFICATION_BROKEN = 24
    RESOLVED = 25
    NOT_ADDRESSEE = 26  # a document for somebody else
    UNSOLICITED = 27  # a document that the receiver doesn't take
    QUERY_INVALID = 28
    CONSENT_UNFIT = 29  # not in force, or another subject's

    SUPERSEDED = 40
    ERASURE = 41
    LEAK = 42
    MISUSE = 43
    ORDER = 44
    CORRECTION = 45
    NO_LONGER_NEEDED = 46
    LATE = 47
    FLAWED = 48
    NEED_MET = 49

    NO_RESPONSE = 60
    GROUNDS_CONTESTED = 61
    DUTY_TO_SHARE = 62
    UNFOUNDED = 63  # a ruling: there was no good ground for not sharing
    WELL_FOUNDED = 64  # a ruling: there was one

    DEADLINES_MISSED = 70
    ORDER_IGNORED = 71
    RECALL_IGNORED = 72
    POOR_QUALITY = 73
    GOOD_PRACTICE = 74
    ACCOUNTS_LOST = 75
    TERM_ENDED = 76

    REPLACED = 80
    DESTROYED = 81
    KEPT = 82

    INVESTIGATION = 90
    COURT_ORDER = 91
    PROTECTION = 92

    OTHER = 65535


class PayloadKind(Labelled):
    """What a payload is; one byte of the associated data of its encryption."""

    VERSION = 1
    DOCUMENT = 2
    ANSWER = 3
    DERIVED = 4
