"""The shell's verifier and the Python one give the same verdict, and no damaged bundle reaches an engine."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.verdict import Policy, Verdict
from catalog.bundle.verify import verify_bundle
from catalog.cli.bundle_verify import way_on
from catalog.errors import UsageError
from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.stub_engine import stub_engine
from tests.bundle_scripts.unpacked import Made, new_key, seal_again, unpacked_bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

MUTATIONS = int(os.environ.get("CATALOG_SOAK_SHELL_MUTATIONS", "100"))
BLOBS = "garden/default/docker-images/blobs/sha256"


def listed(root: Path) -> list[str]:
    return [line[66:] for line in (root / "SHA256SUMS").read_text().splitlines()]


def some(root: Path, chance: random.Random) -> Path:
    return root / chance.choice([*listed(root), "SHA256SUMS", "SHA256SUMS.sig"])


def byte(root: Path, chance: random.Random) -> None:
    path = some(root, chance)
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(root: Path, chance: random.Random) -> None:
    path = some(root, chance)
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def add(root: Path, chance: random.Random) -> None:
    folder = chance.choice([root, root / "garden", root / "site", root / BLOBS])
    folder.mkdir(exist_ok=True)
    (folder / chance.choice(["x", ".hidden", "a b", "line\nbreak", "-rf", "b\xe9"])).write_text("x")


def remove(root: Path, chance: random.Random) -> None:
    some(root, chance).unlink()


def rename(root: Path, chance: random.Random) -> None:
    path = some(root, chance)
    path.rename(path.with_name(f"{path.name}~"))


def swap(root: Path, chance: random.Random) -> None:
    one, other = (root / name for name in chance.sample(listed(root), 2))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first if first != second else b"other")


def link_for_file(root: Path, chance: random.Random) -> None:
    path = some(root, chance)
    aside = root.parent / "aside"
    path.rename(aside)
    path.symlink_to(aside)


def link_for_folder(root: Path, chance: random.Random) -> None:
    folder = root / chance.choice(["garden", "relocate", "garden/default"])
    aside = root.parent / "aside"
    folder.rename(aside)
    folder.symlink_to(aside)


def added_link(root: Path, chance: random.Random) -> None:
    (root / f"link{chance.random()}").symlink_to("/etc/passwd")


def fifo(root: Path, chance: random.Random) -> None:
    path = root / chance.choice(listed(root))
    path.unlink()
    os.mkfifo(path)


def folder_for_file(root: Path, chance: random.Random) -> None:
    path = root / chance.choice(listed(root))
    path.unlink()
    path.mkdir()


def device(root: Path, chance: random.Random) -> None:
    if os.geteuid() == 0:
        os.mknod(root / f"dev{chance.random()}", 0o20600, os.makedev(1, 3))
    else:
        added_link(root, chance)


def path_that_leads_out(root: Path, chance: random.Random) -> None:
    sums = root / "SHA256SUMS"
    lines = sums.read_text().splitlines()
    spot = chance.randrange(len(lines))
    lines[spot] = lines[spot][:66] + chance.choice(
        ["../x", "a/../b", "/etc/passwd", "./a", "a//b", "a b", ""]
    )
    sums.write_text("\n".join(lines) + "\n")


def edited_list(root: Path, chance: random.Random) -> None:
    sums = root / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    edited = chance.choice([lines[::-1], lines[:-1], [*lines, lines[0]]])
    sums.write_text("".join(edited))


def forged_blob(root: Path, chance: random.Random) -> None:
    """Somebody who needs no key seals the folder again, but a blob's name is not its digest."""
    path = chance.choice(sorted((root / BLOBS).iterdir()))
    path.write_bytes(b"forged")
    (root / "SHA256SUMS.sig").unlink()
    manifest = root / "bundle.json"
    text = manifest.read_text()
    start = text.index('"signer": {')
    manifest.write_text(text[:start] + '"signer": null' + text[text.index("}", start) + 1 :])
    seal_again(root)


def other_signature(root: Path, chance: random.Random) -> None:
    seal_again(root, new_key(root.parent / f"forger{chance.random()}"))


MUTATIONS_BY_NAME: dict[str, Callable[[Path, random.Random], None]] = {
    function.__name__: function
    for function in (
        byte,
        truncate,
        add,
        remove,
        rename,
        swap,
        link_for_file,
        link_for_folder,
        added_link,
        fifo,
        folder_for_file,
        device,
        path_that_leads_out,
        edited_list,
        forged_blob,
        other_signature,
    )
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Made:
    return unpacked_bundle(tmp_path_factory.mktemp("signed") / "bundle", key=key)


def shell_verdict(root: Path, *arguments: str) -> tuple[int, str]:
    """What a copy of the installer that is trusted says of a bundle."""
    bash = shutil.which("bash") or "/bin/bash"
    done = subprocess.run(
        [bash, SETUP, "verify", "--root", root, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"HOME": str(root.parent), "XDG_STATE_HOME": str(root.parent)},
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    return done.returncode, (lines or ["?"])[-1].removeprefix("verdict: ")


ACCEPTED = {Verdict.VALID, Verdict.UNSIGNED}


@pytest.mark.parametrize("verdict", [one for one in Verdict if one not in ACCEPTED])
def test_both_give_the_same_advice_for_each_refusal(verdict: Verdict) -> None:
    script = 'again() { echo "again $*"; }; source "$1"; way_on "$2"'
    command: list[str | Path] = [
        shutil.which("bash") or "/bin/bash",
        "-euc",
        script,
        "-",
        SETUP.with_name("bundle-verify.sh"),
    ]
    done = subprocess.run([*command, verdict.value], capture_output=True, text=True, check=True)
    if verdict is Verdict.UNLISTED:  # the shell, which only has folders, says the whole command
        assert done.stdout == "Delete what is not listed with: again verify --remove-extra\n"
        assert "delete what is not listed with --remove-extra" in way_on(verdict)
    elif verdict is Verdict.BAD_FORM:  # an older template has no such script
        assert way_on(verdict).startswith(done.stdout.strip())
    else:
        assert way_on(verdict) == done.stdout.strip()


@pytest.mark.parametrize(
    ("lost", "advice"),
    [
        ("key", "Give the public key with --key, or go without with --allow-unchecked."),
        ("SHA256SUMS.sig", "Ask for a signed one."),
        ("index.html", "Copy it again from where it was made."),
    ],
)
def test_a_refusal_says_what_helps_against_it(
    signed: Made, key: Path, tmp_path: Path, lost: str, advice: str
) -> None:
    root = tmp_path / "bundle"
    shutil.copytree(signed.root, root)
    (root / lost).unlink(missing_ok=True)
    given = [] if lost == "key" else ["--key", f"{key}.pub"]
    bash = shutil.which("bash") or "/bin/bash"
    command: list[str | Path] = [bash, SETUP, "verify", "--root", root, *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-2]) == (4, f"Refused. {advice}")


def require_agreement(signed: Made, key: Path, case: tuple[str, int], folder: Path) -> None:
    name, seed = case
    root = folder / "bundle"
    shutil.copytree(signed.root, root)
    MUTATIONS_BY_NAME[name](root, random.Random(seed))  # noqa: S311  seeds, not secrets
    public = key.with_name(f"{key.name}.pub")
    is_unsigned = name == "forged_blob"
    found = verify_bundle(root, Policy() if is_unsigned else Policy(key=public), lambda *_: None)
    said = shell_verdict(root, *(() if is_unsigned else ("--key", str(public))))
    assert (found.accepted, *said) == (False, 4, found.verdict.value), f"{name}, seed {seed}"


def test_an_untouched_bundle_is_valid_for_both(signed: Made, key: Path) -> None:
    public = key.with_name(f"{key.name}.pub")
    assert verify_bundle(signed.root, Policy(key=public), lambda *_: None).verdict == "valid"
    assert shell_verdict(signed.root, "--key", str(public)) == (0, "valid")


def test_both_take_keys_in_pem_only(signed: Made, key: Path, tmp_path: Path) -> None:
    der = tmp_path / "release.der"
    words: list[str | Path] = [
        "openssl",
        "pkey",
        "-pubin",
        "-in",
        f"{key}.pub",
        "-outform",
        "DER",
        "-out",
        der,
    ]
    subprocess.run(words, check=True)
    with pytest.raises(UsageError, match="no public key in PEM"):
        verify_bundle(signed.root, Policy(key=der), lambda *_: None)
    bash = shutil.which("bash") or "/bin/bash"
    command: list[str | Path] = [bash, SETUP, "verify", "--root", signed.root, "--key", der]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "is no public ECDSA P-256 key in PEM" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", MUTATIONS_BY_NAME)
def test_both_refuse_with_the_same_verdict(signed: Made, key: Path, name: str, tmp_path: Path) -> None:
    require_agreement(signed, key, (name, 7), tmp_path)


@pytest.mark.slow
def test_both_refuse_every_one_of_many_mutations(signed: Made, key: Path, tmp_path: Path) -> None:
    names = list(MUTATIONS_BY_NAME)
    for seed in range(MUTATIONS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        require_agreement(signed, key, (names[seed % len(names)], seed), folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", MUTATIONS_BY_NAME)
def test_what_is_refused_never_reaches_an_engine(signed: Made, key: Path, name: str, tmp_path: Path) -> None:
    root = tmp_path / "bundle"
    shutil.copytree(signed.root, root)
    MUTATIONS_BY_NAME[name](root, random.Random(11))  # noqa: S311  seeds, not secrets
    engine = stub_engine(tmp_path / "engine")
    bash = shutil.which("bash") or "/bin/bash"
    done = subprocess.run(
        [bash, SETUP, "load", "--root", root, "--engine", engine.program, "--key", f"{key}.pub"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path)},
    )
    assert done.returncode == 4
    assert engine.read()["calls"] == []
