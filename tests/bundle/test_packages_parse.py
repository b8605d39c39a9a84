"""Package databases are read as their package managers mean them, and nothing in them stops the reading."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.bundle import packages_parse
from catalog.bundle.packages_purl import purl_of
from catalog.bundle.packages_value import Package, System

DEBIAN = System(id="debian", version="12", title="Debian GNU/Linux 12 (bookworm)")
ALPINE = System(id="alpine", version="3.20.3", title="Alpine Linux v3.20")
DPKG = b"""\
Package: adduser
Status: install ok installed
Priority: important
Architecture: all
Multi-Arch: foreign
Version: 3.134
Conffiles:
 /etc/adduser.conf cc3493ecd2d09837ffdcc3e25fdfff18
Description: add and remove users and groups
 This package includes commands.
 .
 Version: 9 is no version here

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u10

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libgcc-s1
Status: install ok half-configured
Architecture: amd64
Source: gcc-12 (12.2.0-14+deb12u1)
Version: 1:12.2.0-14
"""
APK = b"""\
C:Q1tSkotDPBjgL5Y0yVv4eM9uPq1D4=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
T:the musl c library (libc) implementation
o:musl
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1e2Gx6sZ0vW0f9n2m0g0h1m4Xlqw=

P:ssl_client
V:1.36.1-r29
A:x86_64
o:busybox
"""
METADATA = b"""\
Metadata-Version: 2.4
Name: typing_extensions
Version: 4.16.0
Summary: Backported and Experimental Type Hints
Name: another

Name: of the description
"""
ANYTHING = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(st.sampled_from(DPKG.split(b"\n") + APK.split(b"\n") + METADATA.split(b"\n"))).map(b"\n".join),
)
STRANGE_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["name", "version"]), inner)
    ),
)


def test_dpkg_lists_what_is_there_with_its_source() -> None:
    assert packages_parse.dpkg(DPKG) == (
        Package(kind="deb", name="adduser", version="3.134", arch="all"),
        Package(kind="deb", name="libc6", version="2.36-9+deb12u10", arch="amd64", source="glibc"),
        Package(
            kind="deb",
            name="libgcc-s1",
            version="1:12.2.0-14",
            arch="amd64",
            source="gcc-12",
            source_version="12.2.0-14+deb12u1",
        ),
    )


def test_a_file_of_a_distroless_image_needs_no_status() -> None:
    content = b"Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n"
    assert packages_parse.dpkg(content) == (
        Package(kind="deb", name="tzdata", version="2024a-0+deb12u1", arch="all"),
    )


def test_apk_lists_packages_not_the_files_in_them() -> None:
    assert packages_parse.apk(APK) == (
        Package(kind="apk", name="musl", version="1.2.5-r0", arch="x86_64"),
        Package(kind="apk", name="ssl_client", version="1.36.1-r29", arch="x86_64", source="busybox"),
    )


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_python_package_is_named_by_its_first_headers(ending: bytes) -> None:
    found = packages_parse.python(METADATA.replace(b"\n", ending))
    assert found == (Package(kind="pypi", name="typing_extensions", version="4.16.0"),)


def test_an_npm_package_needs_a_name() -> None:
    named = {"name": "@acme/ui", "version": "1.0.0", "dependencies": {"x": "1"}}
    assert packages_parse.package_json(json.dumps(named).encode()) == (
        Package(kind="npm", name="@acme/ui", version="1.0.0"),
    )
    for content in (b'{"type":"module"}', b"[]", b"{", b'{"name":7}', b"[" * 100_000, b"9" * 10_000):
        assert packages_parse.package_json(content) == ()


@pytest.mark.parametrize(
    ("content", "system"),
    [
        (b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', DEBIAN),
        (b"ID=alpine\r\nVERSION_ID=3.20.3\nPRETTY_NAME='Alpine Linux v3.20'\n# x\n", ALPINE),
        (b"ID=arch\n", System(id="arch")),
        (b'NAME="nobody"\n', None),
        (b'ID="unfinished\n', System(id='"unfinished')),
    ],
)
def test_os_release_names_the_distribution(content: bytes, system: System | None) -> None:
    assert packages_parse.os_release(content) == system


@given(ANYTHING)
def test_no_content_stops_a_parser(content: bytes) -> None:
    for parse in (
        packages_parse.dpkg,
        packages_parse.apk,
        packages_parse.python,
        packages_parse.package_json,
    ):
        for package in parse(content):
            assert package.name == package.name.strip() != ""
            assert package.model_dump_json().isprintable()
    packages_parse.os_release(content)


@given(STRANGE_JSON)
def test_no_package_json_stops_its_parser(document: object) -> None:
    packages_parse.package_json(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("package", "system", "purl"),
    [
        (
            Package(kind="deb", name="libgcc-s1", version="1:12.2.0-14+b1", arch="amd64", source="gcc-12"),
            DEBIAN,
            "pkg:deb/debian/libgcc-s1@1:12.2.0-14%2Bb1?arch=amd64&distro=debian-12&upstream=gcc-12",
        ),
        (
            Package(kind="deb", name="bash", version="5.2-2+b7", arch="amd64", source_version="5.2-2"),
            DEBIAN,
            "pkg:deb/debian/bash@5.2-2%2Bb7?arch=amd64&distro=debian-12&upstream=bash%405.2-2",
        ),
        (
            Package(kind="apk", name="musl", version="1.2.5-r0", arch="x86_64"),
            ALPINE,
            "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3",
        ),
        (Package(kind="apk", name="musl", version="1.2.5-r0"), None, "pkg:apk/musl@1.2.5-r0"),
        (
            Package(kind="pypi", name="typing_extensions", version="4.16.0"),
            DEBIAN,
            "pkg:pypi/typing-extensions@4.16.0",
        ),
        (Package(kind="npm", name="@acme/ui", version="1.0.0"), DEBIAN, "pkg:npm/%40acme/ui@1.0.0"),
        (Package(kind="npm", name="left-pad"), None, "pkg:npm/left-pad"),
        (Package(kind="npm", name="@acme/", version="1"), None, None),
    ],
)
def test_a_package_has_the_url_that_scanners_know(
    package: Package, system: System | None, purl: str | None
) -> None:
    assert purl_of(package, system) == purl


@given(st.sampled_from(["deb", "apk", "pypi", "npm"]), st.text(min_size=1), st.text())
@example("deb", "//", "")
def test_no_name_stops_the_making_of_a_url(kind: str, name: str, version: str) -> None:
    package = Package.model_validate({"kind": kind, "name": name, "version": version, "source": name})
    assert (purl_of(package, DEBIAN) or "pkg:").startswith("pkg:")
