"""Whatever is done to a bundle, it is refused with a verdict and without a traceback.

CATALOG_SOAK_MUTATIONS says how many mutations the long run makes; each has a seed of its own, which a failure
names.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.cli.app import run
from catalog.operations.progress import Silence
from catalog.registry.layout import REGISTRY_ROOT
from tests.support.tampering import TARBALL
from tests.support.tampering_folder import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

SOAK = int(os.environ.get("CATALOG_SOAK_MUTATIONS", "1000"))
SIGNED = (True, False)


def judge(path: Path, key: Path | None) -> Verification:
    return verify_bundle(path, Policy(key=key), Silence().transferred)


def tampered_tarball(bundle: Path, target: Path, kind: str, seed: str) -> Path:
    """The bundle after one mutation that changed something."""
    content = bundle.read_bytes()
    generator = random.Random(seed)  # noqa: S311  the same every time
    changed = content
    while changed == content:
        changed = TARBALL[kind](generator, content)
    target.write_bytes(changed)
    return target


def tampered_folder(folder: Path, target: Path, kind: str, seed: str) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target / REGISTRY_ROOT)
    FOLDER[kind](random.Random(seed), target / REGISTRY_ROOT)  # noqa: S311
    return target / REGISTRY_ROOT


def check_tarballs(bundle: Path, target: Path, key: Path | None, count: int) -> None:
    kinds = list(TARBALL)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        seed = f"{kind}/{number}/{'signed' if key else 'unsigned'}"
        found = judge(tampered_tarball(bundle, target, kind, seed), key)
        assert not found.accepted, seed
        assert found.problems, seed
        assert found.verdict not in {Verdict.VALID, Verdict.UNSIGNED}, seed


def check_folders(folder: Path, target: Path, key: Path | None, count: int) -> None:
    kinds = list(FOLDER)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        seed = f"{kind}/{number}/{'signed' if key else 'unsigned'}"
        found = judge(tampered_folder(folder, target, kind, seed), key)
        assert not found.accepted, seed
        assert found.problems, seed


@pytest.mark.parametrize("is_signed", SIGNED)
def test_every_kind_of_tampering_with_a_tarball_is_refused(
    tmp_path: Path, signed: Path, unsigned: Path, public: Path, *, is_signed: bool
) -> None:
    bundle, key = (signed, public) if is_signed else (unsigned, None)
    assert judge(bundle, key).accepted
    check_tarballs(bundle, tmp_path / "x.tar.gz", key, 2 * len(TARBALL))


def test_every_kind_of_tampering_with_a_folder_is_refused(tmp_path: Path, folder: Path, public: Path) -> None:
    assert judge(folder, public).accepted
    check_folders(folder, tmp_path / "tampered", public, 2 * len(FOLDER))


@pytest.mark.slow
@pytest.mark.parametrize("is_signed", SIGNED)
def test_many_tampered_tarballs_are_all_refused(
    tmp_path: Path, signed: Path, unsigned: Path, public: Path, *, is_signed: bool
) -> None:
    bundle, key = (signed, public) if is_signed else (unsigned, None)
    print(f"{SOAK} mutations, seeds KIND/0/… to KIND/{SOAK - 1}/…")
    check_tarballs(bundle, tmp_path / "x.tar.gz", key, SOAK)
    assert judge(bundle, key).accepted


@pytest.mark.slow
def test_many_tampered_folders_are_all_refused(tmp_path: Path, folder: Path, public: Path) -> None:
    check_folders(folder, tmp_path / "tampered", public, SOAK)
    assert judge(folder, public).accepted


@pytest.mark.parametrize("kind", TARBALL)
def test_the_command_refuses_with_4_and_a_verdict(
    tmp_path: Path, signed: Path, public: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tampered_tarball(signed, tmp_path / "x.tar.gz", kind, f"command/{kind}")
    assert run(["bundle", "verify", str(path), "--key", str(public)]) == 4
    out = capsys.readouterr()
    assert out.out.splitlines()[-1].startswith("verdict: ")
    assert "Traceback" not in out.err
    assert "\x1b" not in out.out


@pytest.mark.parametrize("kind", FOLDER)
def test_the_command_refuses_a_folder_with_4_and_a_verdict(
    tmp_path: Path, folder: Path, public: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tampered_folder(folder, tmp_path / "tampered", kind, f"command/{kind}")
    for form in ([], ["--json"]):
        assert run([*form, "bundle", "verify", str(path), "--key", str(public)]) == 4
    assert "Traceback" not in capsys.readouterr().err
