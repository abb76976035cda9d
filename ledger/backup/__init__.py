"""Backups of a home: one encrypted file, and a home made from it on another machine."""

from __future__ import annotations

from ledger.backup.creating import BackupMade, create_backup
from ledger.backup.restoring import HomeRestored, restore_backup

__all__ = ["BackupMade", "HomeRestored", "create_backup", "restore_backup"]
