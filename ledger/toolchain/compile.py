"""`python -m ledger.toolchain.compile [--check]`: contracts in, artifacts of `ledger/abi` out.

Only the compiler's settings, its call and the artifacts' form may be put here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError

from ledger.errors import LedgerError, ToolchainError
from ledger.toolchain.programs import locate
from ledger.toolchain.solc import write_launcher

ABI_FOLDER = Path(__file__).parents[1] / "abi"

COMPILER = "0.8.37"

# The same as in foundry.toml, so that forge tests the code that is deployed.
SETTINGS: Mapping[str, Any] = {
    "evmVersion": "berlin",
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "optimizer": {"enabled": True, "runs": 10_000},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
    "viaIR": True,
}
_OUTPUT = ("abi", "evm.bytecode.object", "evm.deployedBytecode")
_OPENZEPPELIN = "@openzeppelin/"
_IMPORT = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
# It has no error code. Test chains and QBFT nodes run rules that know nothing later than London.
_EXPECTED_WARNING = "Support for EVM versions older than london is deprecated"


def _of_a_dependency(problem: dict[str, Any]) -> bool:
    """Whether it is a warning about a source that isn't ours to mend."""
    file = str((problem.get("sourceLocation") or {}).get("file", ""))
    return problem.get("severity") == "warning" and file.startswith("node_modules/")


def read_sources(checkout: Path) -> dict[str, str]:
    """Return every source that the contracts need, by the path from the checkout that names it.

    Raises:
        ToolchainError: there are no contracts, or an import leads nowhere.
    """
    contracts = checkout / "contracts"
    pending = [
        path.relative_to(checkout).as_posix()
        for path in sorted([*contracts.glob("*.sol"), *contracts.glob("interfaces/*.sol")])
    ]
    if not pending:
        raise ToolchainError(
            f"there are no contracts in {contracts}", hint="Run this in a checkout of the project."
        )
    sources: dict[str, str] = {}
    while pending:
        name = pending.pop()
        if name in sources:
            continue
        try:
            sources[name] = (checkout / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ToolchainError(f"cannot read the contract source {name}: {error}") from error
        pending += [_resolve(name, path) for path in _IMPORT.findall(sources[name])]
    return dict(sorted(sources.items()))


def compile_contracts(sources: Mapping[str, str], solc: Path) -> dict[str, str]:
    """Return the artifact of each contract in `contracts/`, as JSON text by the contract's name.

    Raises:
        ToolchainError: the compiler fails or warns (also of a contract larger than EIP-170 allows).
    """
    standard_input = {
        "language": "Solidity",
        "settings": {**SETTINGS, "outputSelection": {"*": {"*": list(_OUTPUT)}}},
        "sources": {name: {"content": content} for name, content in sources.items()},
    }
    try:
        output = solcx.compile_standard(standard_input, solc_binary=solc)
    except SolcError as error:
        raise ToolchainError(f"solc: {error.message}") from error
    except OSError as error:
        raise ToolchainError(f"solc does not start: {error}", hint="Run scripts/setup.") from error
    found = [problem for problem in output.get("errors", []) if not _of_a_dependency(problem)]
    problems = [str(problem["formattedMessage"]) for problem in found]
    problems = [problem for problem in problems if not problem.startswith(_EXPECTED_WARNING)]
    if problems:
        raise ToolchainError("solc: " + "\n".join(problems))
    # A file of this folder holds the contract of its name, or none (types, libraries).
    names = [Path(name).stem for name in sources if re.fullmatch(r"contracts/\w+\.sol", name)]
    files = {name: output["contracts"].get(f"contracts/{name}.sol", {}) for name in names}
    return {
        name: _artifact(name, parts[name], source_hash(name, sources))
        for name, parts in files.items()
        if name in parts and parts[name]["evm"]["bytecode"]["object"]
    }


def _artifact(contract: str, parts: Mapping[str, Any], sources: str) -> str:
    deployed = parts["evm"]["deployedBytecode"]
    artifact = {
        "contractName": contract,
        "compiler": {"version": COMPILER, "settings": SETTINGS},
        "sourceHash": sources,
        "abi": parts["abi"],
        "bytecode": "0x" + parts["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": _immutable_references(deployed),
    }
    return json.dumps(artifact, indent=1) + "\n"


def _immutable_references(deployed: Mapping[str, Any]) -> list[dict[str, int]]:
    """Return where immutables stand; not the compiler's node numbers, which other files change."""
    places = deployed.get("immutableReferences", {}).values()
    return sorted(
        ({"start": place["start"], "length": place["length"]} for at in places for place in at),
        key=lambda place: place["start"],
    )


def source_hash(contract: str, sources: Mapping[str, str]) -> str:
    """Return the SHA-256 over names and contents, each with its length, of its sources."""
    digest = hashlib.sha256()
    needed = _closure(f"contracts/{contract}.sol", sources)
    for text in (part for pair in sorted(needed.items()) for part in pair):
        content = text.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _closure(name: str, sources: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    pending = [name]
    while pending:
        current = pending.pop()
        if current not in found:
            found[current] = sources[current]
            pending += [_resolve(current, path) for path in _IMPORT.findall(sources[current])]
    return found


def _resolve(importer: str, path: str) -> str:
    if path.startswith(_OPENZEPPELIN):
        return f"node_modules/{path}"
    parts: list[str] = []
    for part in (Path(importer).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def outdated(artifacts: Mapping[str, str], folder: Path) -> list[str]:
    """Return the names of artifacts that are missing, differ or should not be there."""
    present = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    names = sorted({*artifacts, *present})
    return [name for name in names if artifacts.get(name) != present.get(name)]


def main(arguments: list[str] | None = None) -> int:
    """Compile the checkout that is the working directory, or check it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ledger.toolchain.compile", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where artifacts are outdated")
    check = parser.parse_args(arguments).check
    try:
        artifacts = _compile_checkout(Path.cwd())
    except LedgerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    changed = outdated(artifacts, ABI_FOLDER)
    if check and changed:
        print(f"error: artifacts do not match the contracts: {', '.join(changed)}", file=sys.stderr)
        print("hint: Run python -m ledger.toolchain.compile", file=sys.stderr)
        return 1
    if not check:
        _write(artifacts, changed)
    return 0


def _compile_checkout(checkout: Path) -> dict[str, str]:
    programs = locate(development=True)
    if programs is None:
        raise ToolchainError("the compiler is not installed", hint="Run scripts/setup.")
    with tempfile.TemporaryDirectory() as folder:
        solc = Path(folder) / "solc"
        write_launcher(solc, programs.node, programs.node_modules)
        return compile_contracts(read_sources(checkout), solc)


def _write(artifacts: Mapping[str, str], changed: list[str]) -> None:
    ABI_FOLDER.mkdir(exist_ok=True)
    for name in changed:
        path = ABI_FOLDER / f"{name}.json"
        if name in artifacts:
            path.write_text(artifacts[name], encoding="utf-8")
            print(f"wrote {path.name}")
        else:
            path.unlink()
            print(f"removed {path.name}")


if __name__ == "__main__":
    sys.exit(main())
