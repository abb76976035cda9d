"""The keystore adapter: accounts and encryption keys of a home, sealed by a passphrase."""

from __future__ import annotations

from ledger.keystore.accounts import (
    ACCOUNT_SCRYPT_N,
    LIGHT_SCRYPT_N,
    LocalSigner,
    create_account,
    load_account,
)
from ledger.keystore.home import HomeAccounts, HomeKeys
from ledger.keystore.keysets import create_keyset, load_keyset, save_keyset
from ledger.keystore.passphrases import (
    AskOnce,
    Passphrase,
    passphrase_from_descriptor,
    passphrase_from_file,
    passphrase_from_prompt,
)
from ledger.keystore.remote import RpcSigner
from ledger.keystore.subjectkeys import load_subject_key, save_subject_key

__all__ = [
    "ACCOUNT_SCRYPT_N",
    "LIGHT_SCRYPT_N",
    "AskOnce",
    "HomeAccounts",
    "HomeKeys",
    "LocalSigner",
    "Passphrase",
    "RpcSigner",
    "create_account",
    "create_keyset",
    "load_account",
    "load_keyset",
    "load_subject_key",
    "passphrase_from_descriptor",
    "passphrase_from_file",
    "passphrase_from_prompt",
    "save_keyset",
    "save_subject_key",
]
