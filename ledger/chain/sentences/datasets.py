"""What the errors of the DatasetRegistry and the ConsentRegistry say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.sentences.sentence import Sentence

OF_DATASETS: Final[Mapping[str, Sentence]] = {
    "ApprovalsInvalid": Sentence("a dataset cannot ask for {approvals} approvals: expected 1 or 2"),
    "DatasetUnknown": Sentence(
        "there is no dataset {dataset}", "see all with: ledger dataset list"
    ),
    "DatasetIsWithdrawn": Sentence("dataset {dataset} is withdrawn"),
    "NotAFileDataset": Sentence(
        "dataset {dataset} is a service, which answers queries: only files have versions"
    ),
    "NotTheOwner": Sentence(
        "dataset {dataset} is not department {department}'s: only its owner may do this"
    ),
    "SlugInvalid": Sentence("{slug} is not a dataset's name: expected 1 to 32 of a-z, 0-9 and '-'"),
    "SlugTaken": Sentence(
        "the department has a dataset {slug} already (dataset {dataset})", "choose another name"
    ),
    "SpecificationNameInvalid": Sentence(
        "{name} is not a specification's name: expected 1 to 32 of a-z, 0-9 and '-'"
    ),
    "SpecificationVersionUnexpected": Sentence(
        "the specification {name} cannot have version {specificationVersion} now, "
        "expected {expected}",
        "another version was published meanwhile: run this again",
    ),
    "VersionUnexpected": Sentence(
        "dataset {dataset} cannot have version {datasetVersion} now, expected {expected}",
        "another version was published meanwhile: run this again",
    ),
    "VersionUnknown": Sentence(
        "dataset {dataset} has no version {datasetVersion}",
        "see its versions with: ledger dataset show {dataset}",
    ),
    "VersionIsWithdrawn": Sentence("version {datasetVersion} of dataset {dataset} is withdrawn"),
    "SpecificationUnknown": Sentence(
        "there is no specification {name} in version {specificationVersion}",
        "see all with: ledger spec list",
    ),
    "SpecificationIsDeprecated": Sentence(
        "version {specificationVersion} of the specification {name} is deprecated already"
    ),
    "NotAServiceDataset": Sentence(
        "dataset {dataset} is a file, which has versions: only services answer queries",
        "receive a version with: ledger transfer fetch {dataset}",
    ),
    "ConsentNeedsService": Sentence(
        "a file cannot ask for consents: a consent covers the answers about one subject",
        "register the dataset as a service, or without consents",
    ),
    "NeedUnknown": Sentence("there is no need {need}", "see all with: ledger need list"),
    "NeedIsWithdrawn": Sentence("need {need} is withdrawn already"),
    "NotTheNeedsDepartment": Sentence(
        "need {need} is not department {department}'s: only the one that published it may do this"
    ),
}

OF_CONSENTS: Final[Mapping[str, Sentence]] = {
    "ConsentUnknown": Sentence(
        "no consent has the withdrawal {withdrawal}",
        "check the withdrawal code: a character may be missing",
    ),
    "ConsentIsWithdrawn": Sentence("consent {consent} is withdrawn already"),
    "ConsentRecordedAlready": Sentence(
        "this consent is recorded already, as consent {consent}",
        "one that was withdrawn cannot be recorded again: the subject signs a new one",
    ),
    "ConsentNotNeeded": Sentence(
        "dataset {dataset} needs no consents", "see its rules with: ledger dataset show {dataset}"
    ),
    "ConsentHasEnded": Sentence(
        "the consent ended at {validUntil}", "the subject signs one with a later date"
    ),
    # OpenZeppelin's, of the signature that a subject gives.
    "ECDSAInvalidSignature": Sentence(
        "the signature of the consent is not one", "the subject signs it again"
    ),
    "ECDSAInvalidSignatureLength": Sentence(
        "the signature of the consent has {length} bytes, expected 65", "the subject signs it again"
    ),
    "ECDSAInvalidSignatureS": Sentence(
        "the signature of the consent is not in its one valid form ({s})",
        "the subject signs it again",
    ),
    "InvalidShortString": Sentence("the name of the consents' signing domain is malformed"),
    "StringTooLong": Sentence("the name of the consents' signing domain is too long: {str}"),
}
