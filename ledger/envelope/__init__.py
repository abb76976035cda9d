"""Encryption of payloads, wrapping of their keys, commitments, sealed annexes: bytes in, bytes out.

Import the module that you need; this package itself loads nothing.
"""
