"""What `new` creates: a tree for each kind, with files that their readers accept."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.compose import build_section, services
from catalog.model.names import Kind, is_name, with_prefix
from catalog.scaffold.extension import extension_files, next_steps

NAMES = {Kind.APP: "field-notes", Kind.SERVICE: "service-search", Kind.TOOL: "mcp-log-search"}
BACKEND = {
    "backend/.dockerignore",
    "backend/Dockerfile",
    "backend/app/__init__.py",
    "backend/app/main.py",
    "backend/requirements-dev.txt",
    "backend/requirements.txt",
    "backend/tests/__init__.py",
    "backend/tests/test_health.py",
}
ABOUT = {"CHANGELOG.md", "README.md", "docker-compose.yml", "kamiwaza.json"}
TREES = {
    Kind.APP: ABOUT | BACKEND | {"frontend/Dockerfile", "frontend/index.html", "frontend/nginx.conf"},
    Kind.SERVICE: ABOUT | BACKEND,
    Kind.TOOL: ABOUT
    | {
        ".dockerignore",
        "Dockerfile",
        "requirements-dev.txt",
        "requirements.txt",
        "src/__init__.py",
        "src/server.py",
        "tests/__init__.py",
        "tests/test_server.py",
    },
}
PINNED = re.compile(r"[A-Za-z0-9_.-]+==[0-9][0-9.]*|-r requirements\.txt|#.*|")
every_kind = pytest.mark.parametrize("kind", list(Kind))


def texts(kind: Kind, name: str | None = None, organization: str = "kamiwazaai") -> dict[str, str]:
    files = extension_files(kind, name or NAMES[kind], organization)
    return {str(file.path): file.content.decode() for file in files if isinstance(file.content, bytes)}


def compose(
    kind: Kind, name: str | None = None, organization: str = "kamiwazaai"
) -> dict[str, dict[str, Any]]:
    return services(yaml.safe_load(texts(kind, name, organization)["docker-compose.yml"]))


@every_kind
def test_each_kind_has_its_tree(kind: Kind) -> None:
    assert set(texts(kind)) == TREES[kind]


@every_kind
def test_the_metadata_says_everything_that_the_catalog_shows(kind: Kind) -> None:
    manifest = json.loads(texts(kind)["kamiwaza.json"])
    assert manifest["name"] == NAMES[kind]
    assert manifest["version"] == "0.1.0"
    assert manifest["source_type"] == "kamiwaza"
    assert manifest["template_type"] == kind.value
    assert manifest["visibility"] == "public"
    assert manifest["verified"] is False
    assert manifest["risk_tier"] in {0, 1, 2}
    assert manifest["description"]
    assert manifest["category"]
    assert manifest["tags"]


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.TOOL])
def test_services_and_tools_ask_for_no_model(kind: Kind) -> None:
    manifest = json.loads(texts(kind)["kamiwaza.json"])
    assert "preferred_model_type" in manifest
    assert manifest["preferred_model_type"] is None


@pytest.mark.parametrize(
    ("kind", "name", "title"),
    [
        (Kind.APP, "field-notes", "Field notes"),
        (Kind.SERVICE, "service-search", "Search"),
        (Kind.TOOL, "tool-log-search", "Log search"),
        (Kind.TOOL, "mcp-log--search", "Log search"),
    ],
)
def test_people_see_the_name_without_its_prefix(kind: Kind, name: str, title: str) -> None:
    assert json.loads(texts(kind, name)["kamiwaza.json"])["display_name"] == title


@every_kind
def test_every_default_of_the_metadata_is_a_variable_of_a_service(kind: Kind) -> None:
    defaults = json.loads(texts(kind)["kamiwaza.json"])["env_defaults"]
    variables = {key for service in compose(kind).values() for key in service.get("environment", {})}
    assert set(defaults) == variables


@every_kind
def test_an_image_is_named_for_extension_and_service(kind: Kind) -> None:
    images = {service: definition["image"] for service, definition in compose(kind).items()}
    assert images == {service: f"kamiwazaai/{NAMES[kind]}-{service}:latest" for service in images}


@every_kind
def test_every_service_is_built_from_a_dockerfile_of_the_tree(kind: Kind) -> None:
    sections = [build_section(service) for service in compose(kind).values()]
    assert all(section and str(section.dockerfile) in TREES[kind] for section in sections)


@every_kind
def test_every_image_runs_as_a_user_other_than_root(kind: Kind) -> None:
    dockerfiles = [text for name, text in texts(kind).items() if name.endswith("Dockerfile")]
    assert all(re.search(r"^USER [1-9][0-9]+$", text, re.MULTILINE) for text in dockerfiles)


@every_kind
def test_every_service_has_a_health_check_and_limits_and_mounts_nothing(kind: Kind) -> None:
    for service in compose(kind).values():
        assert service["healthcheck"]["test"][1] in {"python", "wget"}
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
        assert "volumes" not in service


@every_kind
def test_container_ports_need_no_root(kind: Kind) -> None:
    ports = [port for service in compose(kind).values() for port in service.get("ports", [])]
    assert ports
    assert all(int(port.rpartition(":")[2]) >= 1024 for port in ports)


@every_kind
def test_every_requirement_is_pinned_to_one_version(kind: Kind) -> None:
    lines = [
        line for name, text in texts(kind).items() if "requirements" in name for line in text.split("\n")
    ]
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_the_page_is_served_by_the_service_that_the_proxy_names() -> None:
    upstreams = re.findall(r"proxy_pass http://([a-z]+):([0-9]+);", texts(Kind.APP)["frontend/nginx.conf"])
    assert {(name, port) for name, port in upstreams} == {("backend", "8000")}
    assert compose(Kind.APP)["backend"]["expose"] == ["8000"]


@given(st.sampled_from(Kind), st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True))
def test_any_name_makes_files_that_parse(kind: Kind, asked: str) -> None:
    name = with_prefix(asked.rstrip("-"), kind)
    assert is_name(name)
    files = texts(kind, name)
    assert json.loads(files["kamiwaza.json"])["name"] == name
    assert compose(kind, name)
    for path, text in files.items():
        assert "@@" not in text
        if path.endswith(".py"):
            ast.parse(text)


@every_kind
def test_every_text_file_ends_with_one_line_break(kind: Kind) -> None:
    assert [path for path, text in texts(kind).items() if text and not re.search(r"[^\n]\n\Z", text)] == []


@every_kind
def test_the_same_name_makes_the_same_bytes(kind: Kind) -> None:
    assert texts(kind) == texts(kind)


@every_kind
@pytest.mark.parametrize("organization", ["acme", "registry.acme.test:5000/team"])
def test_its_images_lie_in_the_namespace_of_the_workspace(kind: Kind, organization: str) -> None:
    found = compose(kind, organization=organization)
    assert [service["image"] for service in found.values()] == [
        f"{organization}/{NAMES[kind]}-{name}:latest" for name in found
    ]


@every_kind
def test_the_next_steps_name_the_extension_and_line_up(kind: Kind) -> None:
    steps = next_steps(kind, NAMES[kind])
    assert any(f"{kind.folder}/{NAMES[kind]}/docker-compose.yml up --build" in step for step in steps)
    assert any(step.startswith(f"catalog validate {NAMES[kind]} ") for step in steps)
    assert len({step.rindex("#") for step in steps}) == 1
