"""Contracts become artifacts: the same ones each time, with the settings that forge has too."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.errors import ToolchainError
from ledger.toolchain import Programs, locate
from ledger.toolchain import compile as compiling
from ledger.toolchain.compile import COMPILER, SETTINGS, compile_contracts, outdated, read_sources
from ledger.toolchain.places import LOCKS
from ledger.toolchain.solc import write_launcher

ROOT = Path(__file__).parents[2]
HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.37;\n"


@pytest.fixture(scope="module")
def programs() -> Programs:
    found = locate(development=True)
    assert found, "run scripts/setup first"
    return found


@pytest.fixture(scope="module")
def solc(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    launcher = tmp_path_factory.mktemp("solc") / "solc"
    write_launcher(launcher, programs.node, programs.node_modules)
    return launcher


def checkout(folder: Path, **sources: str) -> Path:
    (folder / "contracts" / "interfaces").mkdir(parents=True)
    for name, source in sources.items():
        part = "interfaces/" if name.startswith("I") else ""
        (folder / "contracts" / f"{part}{name}.sol").write_text(HEAD + source)
    return folder


def test_settings_are_those_of_forge() -> None:
    forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    assert forge["evm_version"] == SETTINGS["evmVersion"]
    assert forge["optimizer"] is SETTINGS["optimizer"]["enabled"]
    assert forge["optimizer_runs"] == SETTINGS["optimizer"]["runs"]
    assert forge["via_ir"] is SETTINGS["viaIR"]
    assert forge["bytecode_hash"] == SETTINGS["metadata"]["bytecodeHash"]
    assert forge["cbor_metadata"] is SETTINGS["metadata"]["appendCBOR"]
    assert forge["remappings"] == SETTINGS["remappings"]


def test_the_compiler_is_the_locked_one() -> None:
    locked = json.loads((LOCKS / "package.json").read_text())["devDependencies"]
    assert locked["solc"] == COMPILER


@pytest.mark.compiler
def test_a_contract_compiles_to_the_same_artifact_each_time(tmp_path: Path, solc: Path) -> None:
    sources = read_sources(
        checkout(
            tmp_path,
            IToy="interface IToy { error Bad(uint256 id); }",
            Toy='import {IToy} from "./interfaces/IToy.sol";\n'
            "contract Toy is IToy { uint256 private immutable SIZE; constructor() { SIZE = 3; }\n"
            "function run() external view returns (uint256) { if (SIZE == 1) revert Bad(1);"
            " return SIZE; } }",
        )
    )
    artifacts = compile_contracts(sources, solc)
    assert artifacts == compile_contracts(sources, solc)
    assert list(artifacts) == ["Toy"], "interfaces have no code"
    artifact = json.loads(artifacts["Toy"])
    assert artifact["contractName"] == "Toy"
    assert artifact["bytecode"].startswith("0x60")
    assert {entry["name"] for entry in artifact["abi"] if "name" in entry} == {"run", "Bad"}
    assert artifact["immutableReferences"]
    for place in artifact["immutableReferences"]:
        assert place["length"] == 32


@pytest.mark.compiler
def test_another_source_gives_another_source_hash(tmp_path: Path, solc: Path) -> None:
    first = compile_contracts(
        read_sources(checkout(tmp_path / "1", A="contract A { uint8 public x; }")), solc
    )
    second = compile_contracts(
        read_sources(checkout(tmp_path / "2", A="contract A { uint8 public x; } // changed")), solc
    )
    one, two = json.loads(first["A"]), json.loads(second["A"])
    assert one["deployedBytecode"] == two["deployedBytecode"]
    assert one["sourceHash"] != two["sourceHash"]


@pytest.mark.compiler
def test_a_warning_stops_the_compilation(tmp_path: Path, solc: Path) -> None:
    source = "contract A { function f() external pure { uint256 unused; } }"
    with pytest.raises(ToolchainError, match="Unused local variable"):
        compile_contracts(read_sources(checkout(tmp_path, A=source)), solc)


@pytest.mark.compiler
def test_an_error_names_file_and_line(tmp_path: Path, solc: Path) -> None:
    with pytest.raises(ToolchainError, match=r"contracts/A\.sol:3"):
        compile_contracts(read_sources(checkout(tmp_path, A="contract A { nonsense }")), solc)


@pytest.mark.compiler
def test_a_contract_larger_than_eip_170_allows_is_refused(tmp_path: Path, solc: Path) -> None:
    # Text that no optimizer can shorten.
    texts = ["".join(sha256(b"%d" % (n * 50 + i)).hexdigest() for i in range(50)) for n in range(9)]
    constants = "".join(
        f'function f{number}() external pure returns (string memory){{ return "{text}"; }}'
        for number, text in enumerate(texts)
    )
    with pytest.raises(ToolchainError, match="exceeds 24576 bytes"):
        compile_contracts(read_sources(checkout(tmp_path, A=f"contract A {{ {constants} }}")), solc)


def test_an_import_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    folder = checkout(tmp_path, A='import {B} from "./B.sol";\ncontract A {}')
    with pytest.raises(ToolchainError, match=r"contracts/B\.sol"):
        read_sources(folder)


def test_a_folder_without_contracts_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="there are no contracts"):
        read_sources(tmp_path)


def test_a_compiler_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="does not start"):
        compile_contracts({"contracts/A.sol": HEAD}, tmp_path / "none")


def test_the_wrapper_refuses_what_it_does_not_do(tmp_path: Path, solc: Path) -> None:
    with pytest.raises(ToolchainError, match="solc"):
        compile_contracts({}, Path("/bin/false"))


def test_missing_changed_and_superfluous_artifacts_are_found(tmp_path: Path) -> None:
    (tmp_path / "Same.json").write_text("1")
    (tmp_path / "Changed.json").write_text("1")
    (tmp_path / "Gone.json").write_text("1")
    wanted = {"Same": "1", "Changed": "2", "New": "1"}
    assert outdated(wanted, tmp_path) == ["Changed", "Gone", "New"]


@pytest.mark.compiler
def test_the_command_writes_artifacts_and_checks_them(
    programs: Programs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(checkout(tmp_path / "checkout", A="contract A { uint8 public x; }"))
    monkeypatch.setattr(compiling, "ABI_FOLDER", tmp_path / "abi")
    assert compiling.main(["--check"]) == 1
    assert "artifacts do not match the contracts: A" in capsys.readouterr().err
    assert compiling.main([]) == 0
    (tmp_path / "abi" / "Gone.json").write_text("{}")
    assert compiling.main([]) == 0
    assert capsys.readouterr().out == "wrote A.json\nremoved Gone.json\n"
    assert compiling.main(["--check"]) == 0


@pytest.mark.compiler
def test_the_command_reports_an_error_in_a_contract(
    programs: Programs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(checkout(tmp_path, A="contract A { nonsense }"))
    assert compiling.main([]) == 1
    assert "contracts/A.sol:3" in capsys.readouterr().err


def test_the_artifacts_of_this_checkout_are_of_its_sources() -> None:
    """At a glance; that they are what those compile to, the next test shows."""
    sources = read_sources(ROOT)
    artifacts = {path.stem: json.loads(path.read_text()) for path in compiling.ABI_FOLDER.iterdir()}
    for contract, artifact in artifacts.items():
        assert artifact["sourceHash"] == compiling.source_hash(contract, sources), contract
        assert artifact["compiler"] == {"version": COMPILER, "settings": SETTINGS}


@pytest.mark.compiler
def test_the_artifacts_of_this_checkout_match_its_contracts(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert compiling.main(["--check"]) == 0
