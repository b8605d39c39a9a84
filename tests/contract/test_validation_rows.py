"""Each rule of the platform's contract about validation (section 5), under its own words.

A row is a change to a sound extension, and the code that tells of it. The tests of tests/rules/ go into each;
here every row can be found, and is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.model import codes
from catalog.model.names import Kind
from catalog.rules.workspace import check_previews, check_workspace
from tests.rules.builder import by_hand, extension, found, the, with_deployment

if TYPE_CHECKING:
    from catalog.model.extension import Extension

PREVIEW = {"preview.png": 100}
METADATA: dict[str, tuple[dict[str, Any], str]] = {
    "name present": ({"name": ...}, "KZ101"),
    "version present": ({"version": ...}, "KZ101"),
    "source_type present": ({"source_type": ...}, "KZ101"),
    "risk_tier present": ({"risk_tier": ...}, "KZ101"),
    "name typed": ({"name": 1}, "KZ102"),
    "risk_tier typed": ({"risk_tier": True}, "KZ102"),
    "description present": ({"description": ...}, "KZ111"),
    "semver": ({"version": "1.0"}, "KZ103"),
    "semver without leading zeros": ({"version": "01.2.3"}, "KZ103"),
    "semver without a line break": ({"version": "1.0.0\n"}, "KZ103"),
    "semver without v": ({"version": "v1.0.0"}, "KZ103"),
    "version typed": ({"version": 1}, "KZ102"),
    "source_type set": ({"source_type": "mine"}, "KZ102"),
    "visibility set": ({"visibility": "secret"}, "KZ102"),
    "risk_tier 0/1/2": ({"risk_tier": 9}, "KZ102"),
    "name == directory": ({"name": "other"}, "KZ105"),
    "tags list": ({"tags": "a"}, "KZ102"),
    "env_defaults dict": ({"env_defaults": ["A=1"]}, "KZ102"),
    "env_defaults of strings": ({"env_defaults": {"A": 1}}, "KZ102"),
    "required_env_vars list[str]": ({"required_env_vars": [1]}, "KZ102"),
    "capabilities list[str]": ({"capabilities": "a"}, "KZ102"),
    "image string": ({"image": 1}, "KZ102"),
    "image format": ({"image": "Not An Image"}, "KZ115"),
    "image tag -dev": ({"image": "kamiwazaai/notes:1.0.0-dev"}, "KZ116"),
    "image tag -stage": ({"image": "kamiwazaai/notes:1.0.0-stage"}, "KZ116"),
    "image tag v prefix": ({"image": "kamiwazaai/notes:v1.0.1"}, "KZ116"),
    "image tag != version": ({"image": "kamiwazaai/notes:2.0.0"}, "KZ116"),
    "preview_image missing": ({"preview_image": "preview.png"}, "KZ401"),
    "preview_image escaping": ({"preview_image": "../../p.png"}, "KZ402"),
    "preview_image of a URL": ({"preview_image": "https://acme.test/p.png"}, "KZ402"),
    "preview_image of another type": ({"preview_image": "preview.bmp"}, "KZ404"),
    "kamiwaza_version": ({"kamiwaza_version": "^1.0"}, "KZ109"),
    "kz_ext_version": ({"kz_ext_version": "^1.0"}, "KZ109"),
    "template_type agrees with directory": ({"template_type": "tool"}, "KZ108"),
    "type agrees with directory": ({"type": "service"}, "KZ108"),
    "preferred_model_type value": ({"preferred_model_type": "huge"}, "KZ102"),
    "reserved env": ({"env_defaults": {"KAMIWAZA_API_URL": "x"}}, "KZ112"),
    "template variables": ({"env_defaults": {"A": "{lb_port}"}}, "KZ114"),
}
SOUND: dict[str, dict[str, Any]] = {
    "visibility team": {"visibility": "team"},
    "visibility and verified absent": {"visibility": ..., "verified": ...},
    "image with the port of a registry": {"image": "registry.acme.test:5000/acme/notes:1"},
    "preferred_model_type null": {"preferred_model_type": None},
    "kamiwaza_version any": {"kamiwaza_version": "*"},
    "preview_image null": {"preview_image": None},
}
DEPLOYED: dict[str, tuple[dict[str, Any], str]] = {
    "no : in string port": ({"ports": ["8000:8000"]}, "KZ305"),
    "no published in long port": ({"ports": [{"target": 8000, "published": 80}]}, "KZ305"),
    "bind mount /": ({"volumes": ["/a:/a"]}, "KZ306"),
    "bind mount ./": ({"volumes": ["./a:/a"]}, "KZ306"),
    "bind mount ../": ({"volumes": ["../a:/a"]}, "KZ306"),
    "bind mount .": ({"volumes": [".:/src"]}, "KZ306"),
    "bind mount ..": ({"volumes": ["..:/src"]}, "KZ306"),
    "bind mount with a variable": ({"volumes": ["${DATA}:/d"]}, "KZ306"),
    "bind mount with a backslash": ({"volumes": ["C:\\a:/a"]}, "KZ306"),
    "long type bind": ({"volumes": [{"type": "bind", "source": "/a", "target": "/a"}]}, "KZ306"),
    "long without a type": ({"volumes": [{"source": "/a", "target": "/a"}]}, "KZ306"),
    "no build": ({"build": "."}, "KZ304"),
    "host.docker.internal requires extra_hosts": (
        {"environment": {"A": "http://host.docker.internal"}, "extra_hosts": ...},
        "KZ308",
    ),
    "limits present": ({"deploy": ...}, "KZ307"),
    "limits empty": ({"deploy": {"resources": {"limits": {}}}}, "KZ307"),
    "image is a string": ({"image": 1}, "KZ309"),
    "image matches": ({"image": "Not An Image"}, "KZ309"),
    "image with a variable": ({"image": "${I:-a}"}, "KZ309"),
    "image missing": ({"image": ...}, "KZ206"),
    "privileged": ({"privileged": True}, "KZ220"),
    "host network": ({"network_mode": "host"}, "KZ218"),
    "port ranges": ({"ports": ["3000-3005"]}, "KZ314"),
    "docker.sock in the long form": (
        {"volumes": [{"source": "/var/run/docker.sock", "target": "/s"}]},
        "KZ306",
    ),
    "container port below 1024": ({"ports": ["80"]}, "KZ210"),
    "httpd as it is": ({"image": "httpd:2.4"}, "KZ235"),
    "nginx as it is": ({"image": "nginx:1.27"}, "KZ235"),
}
FURTHER: dict[str, tuple[dict[str, Any], str]] = {
    "secrets in plain sight": ({"environment": {"DB_PASSWORD": "correct-horse"}}, "KZ316"),
    ":latest of others": ({"image": "redis:latest"}, "KZ311"),
    "untagged images of others": ({"image": "redis"}, "KZ311"),
    "hard-coded localhost": ({"environment": {"API": "http://localhost:8000"}}, "KZ312"),
}
BUILT: dict[str, tuple[str | None, str]] = {
    "Dockerfile missing": (None, "KZ232"),
    "EXPOSE below 1024": ("FROM python:3.11\nEXPOSE 80\n", "KZ234"),
    "nginx without USER": ("FROM nginx:1.27\n", "KZ235"),
    "httpd rootful": ("FROM httpd:2.4\n", "KZ235"),
    "php with apache rootful": ("FROM php:8-apache\n", "KZ235"),
    "nginx without writable paths": ("FROM nginx:1.27\nUSER nginx\n", "KZ236"),
    "nginx listens low, inline": ("FROM nginx:1.27\nRUN echo 'listen 80;' > /etc/nginx/a.conf\n", "KZ237"),
    "nginx listens low, copied": ("FROM nginx:1.27\nCOPY nginx.conf /etc/nginx/\n", "KZ237"),
    "stages with aliases": ("FROM nginx:1.27 AS base\nFROM base\n", "KZ235"),
    "here-documents": ("FROM nginx:1.27\nCOPY <<E /etc/nginx/conf.d/a.conf\nlisten 80;\nE\n", "KZ237"),
    "COPY in JSON form": ('FROM nginx:1.27\nCOPY ["nginx.conf", "/etc/nginx/"]\n', "KZ237"),
}  # fmt: skip


def built(text: str | None) -> Extension:
    return extension(texts={"Dockerfile": text, "nginx.conf": "listen 80;"})


@pytest.mark.parametrize("row", METADATA)
def test_5_metadata(row: str) -> None:
    fields, code = METADATA[row]
    assert code in found(extension(manifest=fields))


@pytest.mark.parametrize("row", SOUND)
def test_5_metadata_that_is_fine(row: str) -> None:
    assert found(extension(manifest=SOUND[row])) == []


@pytest.mark.parametrize(("kind", "name"), [(Kind.SERVICE, "notes"), (Kind.TOOL, "notes")])
def test_5_prefix_of_services_and_tools(kind: Kind, name: str) -> None:
    assert "KZ106" in found(extension(name, kind))


@pytest.mark.parametrize("name", ["tool-notes", "mcp-notes", "service-notes"])
def test_5_prefix_of_another_kind_on_an_app(name: str) -> None:
    assert "KZ107" in found(extension(name, Kind.APP))


@pytest.mark.parametrize("kind", [Kind.APP, Kind.SERVICE])
def test_5_apps_and_services_need_a_compose_file(kind: Kind) -> None:
    assert "KZ117" in found(extension(kind=kind, development=None, manifest={"image": "a/b:1"}))


def test_5_tools_need_an_image_or_a_compose_file() -> None:
    assert "KZ117" in found(extension(kind=Kind.TOOL, development=None))
    assert found(extension(kind=Kind.TOOL, development=None, manifest={"image": "a/b:1"})) == []


@pytest.mark.parametrize("row", DEPLOYED)
def test_5_compose(row: str) -> None:
    service, code = DEPLOYED[row]
    assert code in found(by_hand(service))


@pytest.mark.parametrize(
    ("services", "code"), [({}, "KZ201"), (None, "KZ201"), ({"web": None}, "KZ202"), ({"web": []}, "KZ202")]
)
def test_5_compose_services_are_present_and_mappings(services: Any, code: str) -> None:
    assert code in found(with_deployment(extension(), {"services": services}))


def test_5_compose_driver_opts_with_a_device() -> None:
    volumes = {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "/srv"}}}
    assert "KZ310" in found(by_hand({"volumes": ["data:/d"]}, volumes=volumes))


def test_5_compose_appgarden_file_present() -> None:
    assert "KZ301" in found(with_deployment(extension(), None))


@pytest.mark.parametrize("row", BUILT)
def test_5_runtime(row: str) -> None:
    text, code = BUILT[row]
    assert code in found(built(text))


def test_5_runtime_build_path_escapes_the_extension() -> None:
    assert "KZ233" in found(extension(development={"services": {"web": {"build": "../.."}}}))


def test_5_runtime_user_is_inherited_from_an_earlier_stage() -> None:
    assert "KZ235" not in found(built("FROM nginx:1.27 AS base\nUSER 101\nFROM base\n"))


@pytest.mark.parametrize("kind", list(Kind))
def test_5_no_rule_leaves_out_tools(kind: Kind) -> None:
    for row in ("source_type set", "visibility set", "risk_tier 0/1/2", "tags list"):
        fields, code = METADATA[row]
        assert code in found(extension(kind=kind, manifest=fields))


def test_5_registry_build_duplicate_names_across_folders() -> None:
    apps, services = extension("notes").directory, extension("notes", Kind.SERVICE).directory
    assert {finding.code for finding in check_workspace([apps, services])} == {codes.DUPLICATE_NAME}


def test_5_registry_build_duplicate_preview_image() -> None:
    one, other = extension("one").directory / "kamiwaza.json", extension("other").directory / "kamiwaza.json"
    same = dict.fromkeys((one, other), "/app-garden-images/p.png")
    assert {finding.code for finding in check_previews(same)} == {codes.PREVIEW_SHARED}


def test_5_registry_build_type_of_services() -> None:
    made = extension(kind=Kind.SERVICE, manifest={"template_type": "app"})
    assert "KZ108" in found(made)
    assert "KZ108" not in found(extension(kind=Kind.SERVICE, manifest={"template_type": "services"}))


def test_5_a_file_too_large_for_the_platform_is_an_error() -> None:
    made = extension(manifest={"preview_image": "preview.png"}, files={"preview.png": 11 * 1024 * 1024})
    assert the("KZ405", made).is_error


@pytest.mark.parametrize("row", FURTHER)
def test_5_beyond_the_contract(row: str) -> None:
    service, code = FURTHER[row]
    assert code in found(by_hand(service))


def test_5_beyond_the_contract_missing_healthcheck() -> None:
    web = {"image": "redis:7-alpine", "expose": ["6379"]}
    assert "KZ315" in found(extension(development={"services": {"web": web}}))


def test_5_beyond_the_contract_platform_pins() -> None:
    web = {"image": "a/b:1", "platform": "linux/amd64"}
    assert "KZ225" in found(extension(development={"services": {"web": web}}))


def test_5_beyond_the_contract_env_variables_without_a_meaning() -> None:
    fields = {"env_defaults": {"MODE": "fast"}, "optional_env_vars": ...}
    assert "KZ120" in found(extension(manifest=fields))
