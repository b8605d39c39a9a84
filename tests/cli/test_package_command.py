"""After packing, people are told what to do on the other side; the commands fit what was packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.cli.console import Console
from catalog.cli.package import show
from catalog.operations.package_request import PackageResult

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = "kamiwaza-registry-20261101-120000.tar.gz"
DELTA = "kamiwaza-registry-20261101-120000.delta.tar.gz"


def steps(
    capsys: pytest.CaptureFixture[str], folder: Path, name: str, signer: str | None = None
) -> list[str]:
    (folder / name).write_bytes(b"")
    show(PackageResult(path=folder / name, signer=signer), Console(as_json=False, quiet=False, color=False))
    return [line.strip() for line in capsys.readouterr().out.partition("then ")[2].splitlines()]


def test_an_unsigned_bundle_is_unpacked_and_set_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps(capsys, tmp_path, WHOLE) == [
        "on the other side:",
        f"sha256sum -c {WHOLE}.sha256",
        f"tar -xzf {WHOLE}",
        "bash kamiwaza-extension-registry/package-setup.sh",
    ]


def test_parts_are_checked_and_joined_before_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{WHOLE}.parts.json"
    result = PackageResult(path=path, parts=(path,))
    path.write_bytes(b"")
    show(result, Console(as_json=False, quiet=False, color=False))
    carried, _, then = capsys.readouterr().out.partition("then ")
    assert f"({WHOLE}.*)" in carried
    found = [line.strip() for line in then.splitlines()]
    assert found[1:4] == [
        f"sha256sum -c {WHOLE}.part-???.sha256",
        f"cat {WHOLE}.part-??? > {WHOLE}",
        f"sha256sum -c {WHOLE}.sha256",
    ]


def test_a_signed_bundle_is_set_up_with_the_public_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = steps(capsys, tmp_path, WHOLE, "sha256:ab")
    assert found[-1] == "bash kamiwaza-extension-registry/package-setup.sh --key YOUR.pub"


@pytest.mark.parametrize("suffix", ["", ".parts.json"])
def test_a_delta_is_applied_before_anything_is_unpacked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    assert steps(capsys, tmp_path, f"{DELTA}{suffix}", "sha256:ab") == [
        "where catalog and the older bundle are:",
        f"sha256sum -c {DELTA}.sha256",
        f"openssl dgst -sha256 -verify YOUR.pub -signature {DELTA}.sig {DELTA}",
        f"catalog bundle apply-delta OLD.tar.gz {DELTA} --key YOUR.pub",
        f"tar -xzf {WHOLE}",
        "bash kamiwaza-extension-registry/package-setup.sh --key YOUR.pub",
    ]
