"""The lock files pin everything by hash and name no registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ledger.toolchain.places import LOCKS

PYTHON_LOCKS = sorted(LOCKS.glob("*.txt"))


@pytest.mark.parametrize("path", PYTHON_LOCKS, ids=lambda path: path.name)
def test_every_python_package_is_pinned_by_hash_and_without_an_address(path: Path) -> None:
    text = path.read_text()
    requirements = text.replace("\\\n", " ").splitlines()
    assert requirements
    assert all(re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:", line) for line in requirements)
    assert "://" not in text


def test_developers_have_the_versions_that_users_have() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([^ \n]+==[^ \n]+)", (LOCKS / name).read_text(), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
    assert pins("bootstrap.txt") <= pins("requirements-dev.txt")


def test_every_node_package_is_pinned_by_hash_and_without_an_address() -> None:
    packages = json.loads((LOCKS / "package-lock.json").read_text())["packages"]
    wanted = json.loads((LOCKS / "package.json").read_text())
    assert packages[""]["dependencies"] == wanted["dependencies"]
    assert packages[""]["devDependencies"] == wanted["devDependencies"]
    for name, package in packages.items():
        assert "resolved" not in package
        # What a package bundles is covered by that package's own hash.
        if name and not package.get("inBundle"):
            assert package["integrity"].startswith("sha512-")


def test_every_go_module_that_is_required_has_its_sum() -> None:
    required = re.findall(r"^\s(\S+ v\S+)", (LOCKS / "kubo/go.mod").read_text(), re.MULTILINE)
    sums = (LOCKS / "kubo/go.sum").read_text()
    assert len(required) > 100
    assert all(f"{module} h1:" in sums or f"{module}/go.mod h1:" in sums for module in required)
