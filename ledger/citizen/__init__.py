"""What a subject finds out: whom it can deal with, and who used data about it.

No department's home, account or key is needed; what a subject signs is made in
`ledger.envelope.papers`.
"""

from __future__ import annotations

from ledger.citizen.directory import Directory, directory_of
from ledger.citizen.log import SubjectLog, Use, subject_log

__all__ = ["Directory", "SubjectLog", "Use", "directory_of", "subject_log"]
