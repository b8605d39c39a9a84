"""The rpm databases of RHEL 9 and Fedora are read as rpm itself reads them, and nothing in them does harm."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.bundle.packages_image import packages_of
from catalog.bundle.packages_parse import DatabaseError
from catalog.bundle.packages_purl import purl_of
from catalog.bundle.packages_rpm import rpm
from catalog.bundle.packages_scan import read_layer
from catalog.bundle.packages_value import System
from tests.support.layer_tars import layer_tar, stored_layer
from tests.support.rpm_databases import database, header

if TYPE_CHECKING:
    from collections.abc import Iterable

REDHAT = System(id="rhel", version="9.4", title="Red Hat Enterprise Linux 9.4 (Plow)")
BASH = {
    "name": "bash",
    "version": "5.1.8",
    "release": "9.el9",
    "arch": "x86_64",
    "source": "bash-5.1.8-9.el9.src.rpm",
}
OPENSSL: dict[str, str | int] = {
    **BASH,
    "name": "openssl",
    "version": "3.0.7",
    "epoch": 1,
    "source": "openssl-3.0.7-9.el9.src.rpm",
}
KEY = {"name": "gpg-pubkey", "version": "fd431d51", "release": "4ae0493b"}
SPEC = """\
Name: {name}
Version: 2.0~rc1
Release: 3.el9
{epoch}
Summary: A package
License: MIT
BuildArch: noarch
%description
A package.
%package tools
Summary: Its tools
%description tools
Its tools.
%files
%files tools
"""
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
PACKAGES = st.lists(
    st.fixed_dictionaries(
        {"name": WORDS, "version": WORDS, "release": WORDS, "arch": WORDS},
        optional={"epoch": st.integers(1, 2**32 - 1), "source": WORDS},
    ),
    max_size=5,
)


def of(headers: Iterable[bytes]) -> bytes:
    with TemporaryDirectory() as folder:
        return database(Path(folder, "rpmdb.sqlite"), headers)


SMALL = of([header(BASH), header(OPENSSL)])


@given(PACKAGES)
def test_every_package_is_read_with_its_version(packages: list[dict[str, str | int]]) -> None:
    found = rpm(of(map(header, packages)))
    expected = [
        (package["name"], "{}{version}-{release}".format(epoch_of(package), **package))
        for package in packages
    ]
    assert [(package.name, package.version) for package in found] == expected


def epoch_of(package: dict[str, str | int]) -> str:
    return f"{package['epoch']}:" if "epoch" in package else ""


def test_a_package_is_named_as_vulnerability_databases_know_it() -> None:
    bash, openssl = rpm(SMALL)
    assert purl_of(bash, REDHAT) == (
        "pkg:rpm/redhat/bash@5.1.8-9.el9?arch=x86_64&distro=rhel-9.4&upstream=bash-5.1.8-9.el9.src.rpm"
    )
    assert purl_of(openssl, REDHAT) == (
        "pkg:rpm/redhat/openssl@3.0.7-9.el9"
        "?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=openssl-3.0.7-9.el9.src.rpm"
    )
    assert purl_of(bash, System(id="fedora", version="41")) == (
        "pkg:rpm/fedora/bash@5.1.8-9.el9?arch=x86_64&distro=fedora-41&upstream=bash-5.1.8-9.el9.src.rpm"
    )


def test_a_key_that_somebody_trusted_is_no_package() -> None:
    assert [package.name for package in rpm(of([header(KEY), header(BASH)]))] == ["bash"]


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_the_database_of_an_image_is_found_where_distributions_have_it(tmp_path: Path, folder: str) -> None:
    path = f"{folder}/rpmdb.sqlite"
    found = packages_of([read_layer(stored_layer(tmp_path, layer_tar((path, SMALL))))])
    assert {package.name: paths for package, paths in found.packages.items()} == {
        "bash": (path,),
        "openssl": (path,),
    }
    assert found.gaps == ()


@pytest.mark.skipif(
    shutil.which("rpmbuild") is None, reason="NO RPMBUILD, so no database of rpm's own was read"
)
def test_a_database_that_rpm_made_is_read_as_rpm_reads_it(tmp_path: Path) -> None:
    for name, epoch in (("alpha", ""), ("beta", "Epoch: 4")):
        spec = tmp_path / f"{name}.spec"
        spec.write_text(SPEC.format(name=name, epoch=epoch))
        run("rpmbuild", "-bb", "--define", f"_topdir {tmp_path}", spec)
    root = tmp_path / "root"
    own = ("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite")
    root.mkdir()
    run(*own, "--initdb")
    run(*own, "-i", "--justdb", "--nodeps", *sorted((tmp_path / "RPMS").rglob("*.rpm")))
    form = "%{NAME} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM}\\n"
    said = run(*own, "-qa", "--qf", form).splitlines()
    found = rpm((root / "var/lib/rpm/rpmdb.sqlite").read_bytes())
    assert len(found) == 4
    assert sorted(f"{one.name} {one.version} {one.arch} {one.source}" for one in found) == sorted(said)


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@example(0, 1)
@example(100, 255)
@example(SMALL.index(b"Packages"), 128)  # a name that is no UTF-8
@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_damaged_byte_does_no_harm(place: int, change: int) -> None:
    damaged = bytearray(SMALL)
    damaged[place] ^= change
    read(bytes(damaged))


@given(st.integers(0, len(SMALL)))
def test_a_database_that_is_cut_off_does_no_harm(length: int) -> None:
    read(SMALL[:length])


@given(st.binary(max_size=64))
def test_a_damaged_header_does_no_harm(content: bytes) -> None:
    read(of([content]))


def read(content: bytes) -> None:
    with suppress(DatabaseError):
        assert all(package.name for package in rpm(content))


ENDLESS = "WITH RECURSIVE n (blob) AS (VALUES (1) UNION ALL SELECT 1 FROM n) SELECT blob FROM n"


@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE VIEW Packages AS {ENDLESS}",
        "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, other BLOB)",
        "CREATE TABLE Others (blob BLOB)",
    ],
)
def test_a_database_without_a_table_of_packages_is_refused(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(DatabaseError):
        rpm(file.read_bytes())


def test_a_database_that_is_more_than_its_bytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE Packages (a BLOB, blob AS (zeroblob(1000000)))")
        connection.executemany("INSERT INTO Packages (a) VALUES (?)", ((b"a",) for _ in range(10_000)))
    with pytest.raises(DatabaseError):
        rpm(file.read_bytes())


SLOW = "instr(hex(zeroblob(450000)), hex(zeroblob(225000)) || '1')"  # one step of two seconds


@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE TABLE Packages (k INTEGER PRIMARY KEY, blob AS ({SLOW}))",
        f"CREATE TABLE Packages (k INTEGER PRIMARY KEY, blob BLOB, other AS ({SLOW}) STORED)",
        "CREATE VIRTUAL TABLE Packages USING fts5(blob)",
    ],
)
def test_packages_that_are_computed_are_refused(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(DatabaseError, match="no plain table"):
        rpm(file.read_bytes())


def test_statistics_that_are_computed_take_no_time(tmp_path: Path) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        connection.execute(f"CREATE TABLE xqlite_stat1 (tbl, idx, stat AS ({SLOW}))")
        connection.execute("INSERT INTO xqlite_stat1 (tbl) VALUES ('Packages')")
    begun = time.process_time()
    read(file.read_bytes().replace(b"xqlite_stat1", b"sqlite_stat1"))
    assert time.process_time() - begun < 1


def test_a_database_of_very_many_tables_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        connection.execute("PRAGMA writable_schema = ON")
        rows = ((f"t{number}", f"CREATE TABLE t{number} (a)") for number in range(5_000))
        connection.executemany("INSERT INTO sqlite_master VALUES ('table', ?1, ?1, 2, ?2)", rows)
    with pytest.raises(DatabaseError):
        rpm(file.read_bytes())


def test_what_could_not_be_read_is_said_and_other_packages_stay(tmp_path: Path) -> None:
    lists = ("var/lib/rpm/rpmdb.sqlite", SMALL[:5000]), ("lib/apk/db/installed", b"P:musl\nV:1\n")
    found = packages_of([read_layer(stored_layer(tmp_path, layer_tar(*lists)))])
    assert [package.name for package in found.packages] == ["musl"]
    [gap] = found.gaps
    assert gap.startswith("the rpm database var/lib/rpm/rpmdb.sqlite cannot be read: ")
