"""The lists of packages are valid CycloneDX, the same for the same images, and say what they do not cover."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from catalog.bundle.cyclonedx import About, document
from catalog.bundle.manifest import BundledExtension, BundledImage
from catalog.bundle.oci import oci_manifest
from catalog.bundle.sbom import BUNDLE_DOCUMENT, SbomOptions, bundle_sbom, image_path, image_sbom
from catalog.bundle.sbom_databases import PackageDatabases
from catalog.bundle.sbom_syft import Syft, installed_syft
from catalog.errors import MissingError
from tests.support.layer_tars import layer_tar, stored_image

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bundle.packed import StoredImage

CREATED = "2026-11-21T07:05:39Z"
REF = "registry.acme.test:5000/acme/notes:1.2.0"
SITE = "usr/lib/python3/site-packages"
BASE = layer_tar(
    ("etc/os-release", b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'),
    (
        "var/lib/dpkg/status",
        b"Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+b1\nSource: glibc\n",
    ),
    ("var/lib/rpm/Packages", b"rpm"),
)
OWN = layer_tar(
    (f"{SITE}/typing_extensions-4.dist-info/METADATA", b"Name: typing_extensions\nVersion: 4\n"),
    ("opt/x/typing_extensions-4.dist-info/METADATA", b"Name: typing-extensions\nVersion: 4\n"),
    ("app/node_modules/odd/package.json", '{"name":"@odd/","version":"\\ud800\\u0000é"}'.encode()),
)


def row(stored: StoredImage, index: int = 0, ref: str = REF) -> BundledImage:
    return BundledImage(
        index=index,
        ref=ref,
        named=ref,
        config=stored.config.digest,
        manifest=f"sha256:{hashlib.sha256(oci_manifest(stored)).hexdigest()}",
        platform="linux/amd64",
        bytes=1,
        layer_bytes=1,
        extensions=("notes",),
    )


def options(folder: Path, *, use_syft: bool | None = False) -> SbomOptions:
    return SbomOptions(folder / "cache", CREATED, "1.0.0", use_syft=use_syft)


def valid(content: bytes) -> dict[str, Any]:
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode())
    assert problem is None, problem
    parsed: dict[str, Any] = json.loads(content)
    return parsed


def remarks(document: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in document["metadata"]["properties"]}


def test_an_image_document_names_the_image_and_every_package(tmp_path: Path) -> None:
    stored = stored_image(tmp_path, BASE, OWN)

    document = valid(image_sbom(row(stored), stored, options(tmp_path)))

    subject = document["metadata"]["component"]
    assert (subject["type"], subject["name"], subject["version"]) == (
        "container",
        "registry.acme.test:5000/acme/notes",
        "1.2.0",
    )
    assert subject["hashes"] == [{"alg": "SHA-256", "content": stored.config.digest.removeprefix("sha256:")}]
    assert [
        (one["type"], one["name"], one.get("version"), one.get("purl")) for one in document["components"]
    ] == [
        ("library", "@odd/", "é", None),
        ("operating-system", "debian", "12", None),
        ("library", "libc6", "2.36-9+b1", "pkg:deb/debian/libc6@2.36-9%2Bb1?distro=debian-12&upstream=glibc"),
        ("library", "typing-extensions", "4", "pkg:pypi/typing-extensions@4"),
    ]
    assert [one["location"] for one in document["components"][3]["evidence"]["occurrences"]] == [
        "/opt/x/typing_extensions-4.dist-info/METADATA",
        f"/{SITE}/typing_extensions-4.dist-info/METADATA",
    ]
    [dependency] = document["dependencies"]
    assert dependency["dependsOn"] == [one["bom-ref"] for one in document["components"]]


def test_an_image_document_says_how_it_was_made_and_what_it_lacks(tmp_path: Path) -> None:
    stored = stored_image(tmp_path, BASE)

    document = valid(image_sbom(row(stored), stored, options(tmp_path)))

    said = remarks(document)
    assert said["catalog:sbom:method"] == "package databases of the layers"
    assert said["catalog:sbom:complete"].startswith("no: ")
    assert "syft was not used" in said["catalog:sbom:complete"]
    assert said["catalog:sbom:gap"] == "the rpm database var/lib/rpm/Packages is not read"
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert document["metadata"]["timestamp"] == CREATED
    assert document["metadata"]["tools"]["components"] == [
        {"type": "application", "name": "extension-catalog", "version": "1.0.0"}
    ]


def test_an_image_without_packages_has_a_valid_document(tmp_path: Path) -> None:
    stored = stored_image(tmp_path)
    assert valid(image_sbom(row(stored), stored, options(tmp_path)))["components"] == []


def test_the_same_image_has_the_same_document_whatever_the_cache_holds(tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        stored = stored_image(folder, BASE, OWN)
        made += [image_sbom(row(stored), stored, options(folder)) for _ in range(2)]
    assert len(set(made)) == 1


def test_another_content_has_another_serial_number(tmp_path: Path) -> None:
    serials = set()
    for layers in ((BASE,), (BASE, OWN)):
        stored = stored_image(tmp_path, *layers)
        serials.add(valid(image_sbom(row(stored), stored, options(tmp_path)))["serialNumber"])
    assert len(serials) == 2


def test_the_bundle_document_leads_to_each_image_document(tmp_path: Path) -> None:
    stored = [stored_image(tmp_path, BASE), stored_image(tmp_path, BASE, OWN)]
    rows = [row(stored[0]), row(stored[1], 1, "docker.io/library/nginx:alpine")]
    documents = {one.index: image_sbom(one, stored[one.index], options(tmp_path)) for one in rows}
    extensions = [
        BundledExtension(name="notes", kind="app", version="1.2.0", images=(rows[0].ref, rows[1].ref)),
        BundledExtension(
            name="tool-x", kind="tool", version="2.0.0", images=(rows[1].ref, "docker.io/x/gone:1")
        ),
        BundledExtension(name="idle", kind="app", version="1.0.0"),
    ]

    content = bundle_sbom(extensions, rows, documents, CREATED, "1.0.0")

    document = valid(content)
    assert content == bundle_sbom(extensions, rows, documents, CREATED, "1.0.0")
    components = {one["bom-ref"]: one for one in document["components"]}
    assert sorted(one["name"] for one in components.values()) == [
        "docker.io/library/nginx",
        "idle",
        "notes",
        "registry.acme.test:5000/acme/notes",
        "tool-x",
    ]
    for image in rows:
        path, link = components[f"image:{image.ref}"]["externalReferences"]
        assert path["url"] == image_path(image) == f"sbom/{image.index}.cdx.json"
        assert path["hashes"][0]["content"] == hashlib.sha256(documents[image.index]).hexdigest()
        assert link["url"] == f"urn:cdx:{valid(documents[image.index])['serialNumber'][9:]}/1"
    assert {one["ref"]: one["dependsOn"] for one in document["dependencies"]} == {
        "bundle": ["extension:idle", "extension:notes", "extension:tool-x"],
        "extension:idle": [],
        "extension:notes": ["image:docker.io/library/nginx:alpine", f"image:{REF}"],
        "extension:tool-x": ["image:docker.io/library/nginx:alpine"],
    }
    missing = {"name": "catalog:image:missing", "value": "docker.io/x/gone:1"}
    assert missing in components["extension:tool-x"]["properties"]
    assert BUNDLE_DOCUMENT == "sbom/bundle.cdx.json"


def test_text_that_is_no_unicode_is_written_all_the_same() -> None:
    about = About({"bom-ref": "x", "type": "file", "name": "\ud800"}, CREATED, ())
    assert b'"name": "?"' in document(about, (), {})


def answer(*names: str) -> str:
    components = [{"bom-ref": f"r-{name}", "type": "library", "name": name} for name in names]
    dependencies = [{"ref": "r-a", "dependsOn": [f"r-{name}" for name in names[1:]]}]
    meta = {"timestamp": "2031-01-01T00:00:00Z", "component": {"type": "container", "name": "layout"}}
    return json.dumps(
        {
            "serialNumber": "urn:uuid:0",
            "metadata": meta,
            "components": components,
            "dependencies": dependencies,
        }
    )


def program(folder: Path, script: str) -> Syft:
    path = folder / "syft"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Syft(path, "9.9", folder / "cache")


def test_syft_reads_the_image_as_an_oci_layout_and_its_answer_is_kept(tmp_path: Path) -> None:
    stored = stored_image(tmp_path, BASE, OWN)
    syft = program(
        tmp_path,
        f"""
echo "$*" >> {tmp_path}/calls
layout=${{2#oci-dir:}}
cd "$layout" && cat oci-layout index.json > {tmp_path}/layout
for blob in blobs/sha256/*; do echo "${{blob##*/}}  $blob"; done | sha256sum --check --quiet || exit 9
echo '{answer("b", "a")}' > "${{4#cyclonedx-json=}}"
""",
    )

    first, second = syft.inventory(row(stored), stored), syft.inventory(row(stored), stored)

    assert first == second
    assert (tmp_path / "calls").read_text().count("\n") == 1
    assert row(stored).manifest in (tmp_path / "layout").read_text()
    assert [one["name"] for one in first.components] == ["b", "a"]
    assert first.tools == ({"type": "application", "name": "syft", "version": "9.9"},)
    assert first.dependencies == {"r-a": ["r-a"]}
    assert sorted(path.name for path in (tmp_path / "cache/syft/9.9").iterdir()) == [
        f"{stored.config.digest.removeprefix('sha256:')}.json"
    ]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo one; echo two words >&2; exit 1", "syft failed for .*: two words"),
        ("exit 3", "it says nothing"),
        ("exit 0", "gave no list of packages"),
        ('echo "{}" > "${4#cyclonedx-json=}"', "gave no list of packages"),
    ],
)
def test_a_syft_that_fails_stops_the_packing_and_leaves_nothing(
    tmp_path: Path, script: str, why: str
) -> None:
    stored = stored_image(tmp_path, BASE)
    syft = program(tmp_path, script)
    with pytest.raises(MissingError, match=why) as caught:
        syft.inventory(row(stored), stored)
    assert "--no-sbom" in caught.value.hint
    assert list((tmp_path / "cache/syft/9.9").iterdir()) == []


def test_a_syft_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    stored = stored_image(tmp_path, BASE)
    syft = program(tmp_path, "exit 0")
    syft.program.chmod(0o600)
    with pytest.raises(MissingError, match=f"{syft.program} cannot be run: permission denied"):
        syft.inventory(row(stored), stored)
    assert list((tmp_path / "cache/syft/9.9").iterdir()) == []


def test_what_was_prepared_is_not_read_again(tmp_path: Path) -> None:
    images = [stored_image(tmp_path, BASE, OWN), stored_image(tmp_path, BASE)]
    source = options(tmp_path).source()
    source.prepare(images)
    for layer in {layer.blob for image in images for layer in image.layers}:
        layer.path.unlink()
    assert all(source.inventory(row(image), image).components for image in images)


def test_syft_is_used_only_where_it_is_wished_and_installed(tmp_path: Path) -> None:
    there = installed_syft(tmp_path)
    assert options(tmp_path, use_syft=False).source() == PackageDatabases(tmp_path / "cache")
    if there is None:
        assert options(tmp_path, use_syft=None).source() == PackageDatabases(tmp_path / "cache")
        with pytest.raises(MissingError, match="not installed"):
            options(tmp_path, use_syft=True).source()
    else:
        assert isinstance(options(tmp_path, use_syft=None).source(), Syft)
        assert isinstance(options(tmp_path, use_syft=True).source(), Syft)


@pytest.mark.slow
def test_the_real_syft_finds_at_least_what_we_find(tmp_path: Path) -> None:
    if installed_syft(tmp_path) is None:
        pytest.skip("SYFT IS NOT INSTALLED (the extra sbom), so this was not tested")
    stored = stored_image(tmp_path, BASE, OWN)
    ours = valid(image_sbom(row(stored), stored, options(tmp_path, use_syft=False)))
    made = [image_sbom(row(stored), stored, options(tmp_path / name, use_syft=True)) for name in ("x", "y")]
    assert made[0] == made[1]
    theirs = valid(made[0])
    assert remarks(theirs)["catalog:sbom:method"] == "syft"
    assert "syft" in [one["name"] for one in theirs["metadata"]["tools"]["components"]]
    purls = {one["purl"] for one in ours["components"] if "purl" in one}
    assert purls <= {one.get("purl") for one in theirs["components"]}
