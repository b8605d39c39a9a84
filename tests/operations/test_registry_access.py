"""Registries are spoken to as the engines of this machine are set up to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from catalog.errors import MissingError
from catalog.operations.pullable import RegistryImages
from catalog.operations.registry_access import authority_of, open_registries
from catalog.remote.address import Origin
from catalog.remote.oci_place import origins_of, place_of
from tests.support.other_users import SOMEBODY, acting_as, as_root, shared_folder
from tests.support.registry_stand_in import Reply, running

if TYPE_CHECKING:
    from pathlib import Path


def test_an_authority_is_believed_where_an_engine_believes_it(tmp_path: Path) -> None:
    docker, podman = tmp_path / "docker", tmp_path / "containers"
    certificate = podman / "registry.acme.test:5000/ca.crt"
    certificate.parent.mkdir(parents=True)
    certificate.write_text("a certificate")
    assert authority_of("registry.acme.test:5000", (docker, podman)) == certificate
    assert authority_of("registry.acme.test", (docker, podman)) is None


@as_root
def test_a_folder_of_authorities_that_may_not_be_looked_into_has_none() -> None:
    with shared_folder(0o755) as folder:
        certificate = folder / "certs.d/registry.acme.test/ca.crt"
        certificate.parent.mkdir(parents=True)
        certificate.write_text("a certificate")
        (folder / "certs.d").chmod(0o700)
        with acting_as(SOMEBODY):
            assert authority_of("registry.acme.test", (folder / "certs.d",)) is None
        assert authority_of("registry.acme.test", (folder / "certs.d",)) == certificate


def test_only_this_machine_and_named_hosts_do_without_tls() -> None:
    secure = (Origin("https", "registry.acme.test", 443),)
    assert origins_of("registry.acme.test") == secure
    plain = origins_of("registry.acme.test", frozenset({"registry.acme.test"}))
    assert plain == (Origin("http", "registry.acme.test", 80), *secure)
    assert origins_of("127.0.0.1:5000")[0] == Origin("http", "127.0.0.1", 5000)
    assert origins_of("docker.io") == (Origin("https", "registry-1.docker.io", 443),)


@pytest.mark.parametrize(
    ("ref", "place"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("acme/web:1", "docker.io/acme/web:1"),
        (f"r.test/a/b:1@sha256:{'a' * 64}", f"r.test/a/b@sha256:{'a' * 64}"),
    ],
)
def test_a_reference_means_one_manifest(ref: str, place: str) -> None:
    assert str(place_of(ref)) == place


def test_without_httpx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingError) as caught, open_registries():
        pass
    assert "pip install httpx" in caught.value.hint


def test_what_cannot_be_pulled_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with running() as registry:
        registry.put_image("a/there", "1")
        registry.answers["/v2/a/private/manifests/1"] = [Reply(403)]
        refs = [f"{registry.host}/a/{name}:1" for name in ("there", "gone", "private")]
        missing = RegistryImages().missing([*refs, "NO NAME"])
    assert list(missing) == [*refs[1:], "NO NAME"]
    assert missing[refs[1]] == "its registry has no such image"
    assert "refuses it" in missing[refs[2]]
