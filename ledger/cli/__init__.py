"""The command line: one file a noun, each command thin; only `context.py` builds adapters."""
