"""`python -m ledger.toolchain`: obtain what a checkout needs, and link it where tools look."""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.errors import LedgerError
from ledger.toolchain.programs import Programs, foundry_program, obtain
from ledger.toolchain.solc import write_launcher


def main() -> int:
    """Prepare the checkout that is the working directory; return the exit code."""
    try:
        programs = obtain(_say, development=True)
        _link_into(Path.cwd(), programs)
    except LedgerError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    return 0


def _say(sentence: str) -> None:
    print(f"  {sentence}", file=sys.stderr, flush=True)


def _link_into(checkout: Path, programs: Programs) -> None:
    build = checkout / "build"
    build.mkdir(exist_ok=True)
    _link(checkout / "node_modules", programs.node_modules)
    _link(build / "ipfs", programs.ipfs)
    _link(build / "node", programs.node)
    forge = foundry_program(programs.node_modules, "forge")
    if forge:
        _link(build / "forge", forge)
    write_launcher(build / "solc", programs.node, programs.node_modules)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if target.parent.resolve() / target.name == link.parent.resolve() / link.name:
        # Found by way of this very link: the build folder is on PATH.
        return
    fresh = link.with_name(f".{link.name}.fresh")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


if __name__ == "__main__":
    sys.exit(main())
