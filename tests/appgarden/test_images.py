"""Images: ours at the extension's version, others as declared (contract 3, and 4.4's first rows)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.appgarden.images import (
    belongs,
    default_image,
    in_namespace,
    owned_services,
    pin,
    retag,
    service_images,
)
from catalog.model.image_ref import ImageRef

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("declared", "image"),
    [
        ("kamiwazaai/notes-app:latest", "kamiwazaai/notes-app:v1.2.0"),
        ("kamiwazaai/notes-app", "kamiwazaai/notes-app:v1.2.0"),
        ("localhost:5000/kamiwazaai/b:old", "localhost:5000/kamiwazaai/b:v1.2.0"),
        ("acme/other", "acme/other:v1.2.0"),
        ("app", "app:v1.2.0"),
        ("ghcr.io/acme/app:${TAG:-dev}", "ghcr.io/acme/app:v1.2.0"),
        ("acme/app:${TAG}", "acme/app:v1.2.0"),
        ("acme/app:$TAG", "acme/app:v1.2.0"),
        ("${REGISTRY:-ghcr.io}/acme/app", "ghcr.io/acme/app:v1.2.0"),
        (f"acme/app:1@{DIGEST}", "acme/app:v1.2.0"),
        (f"acme/app@{DIGEST}", f"acme/app@{DIGEST}"),
    ],
)
def test_a_built_image_keeps_its_name_and_takes_the_version(service: Any, declared: str, image: str) -> None:
    outcome = service(f"build: .\nimage: {declared}")
    assert outcome.app["image"] == image
    assert "build" not in outcome.app


@pytest.mark.parametrize(
    "build", ["build: .", "build: {context: ., target: x}", "build: {}", "image:\nbuild: ."]
)
def test_a_built_image_without_a_name_is_named_after_extension_and_service(service: Any, build: str) -> None:
    outcome = service(build)
    assert outcome.app["image"] == "kamiwazaai/notes-app:v1.2.0"
    assert "build" not in outcome.app


def test_an_image_takes_the_place_of_its_build_section(service: Any) -> None:
    assert list(service("restart: always\nbuild: .\ninit: true").app)[:3] == ["restart", "image", "init"]


@pytest.mark.parametrize(
    "image",
    [
        "postgres:15-alpine",
        "localhost:5000/kamiwazaai/b:1",
        "ghcr.io/notkamiwazaai/thing:1",
        "ghcr.io/kamiwazaai/notes-app:latest",
        f"redis@{DIGEST}",
        f"redis:7@{DIGEST}",
        "nginx",
        "kamiwazaai/notes-app:v1.2.0",
    ],
)
def test_an_image_that_is_not_built_here_is_untouched(service: Any, image: str) -> None:
    outcome = service(f"image: {image}")
    assert outcome.app["image"] == image
    assert outcome.codes == []


@pytest.mark.parametrize(
    "image",
    [
        "kamiwazaai/notes-app",
        "kamiwazaai/notes-app:latest",
        "kamiwazaai/notes-app:v1.1.9",
        "kamiwazaai/notes-app:1.0.0",
        "kamiwazaai/notes-app:1.1.0-dev",
        "kamiwazaai/notes-app:1.2.0",
        "kamiwazaai/notes-app:1.2.0-stage",
        f"kamiwazaai/notes-app:v1.0.0@{DIGEST}",
    ],
)
def test_an_old_tag_of_our_own_image_is_renewed(service: Any, image: str) -> None:
    outcome = service(f"image: {image}")
    assert outcome.app["image"] == "kamiwazaai/notes-app:v1.2.0"
    assert outcome.codes == []


def test_an_own_image_may_be_named_after_the_extension_alone_or_after_the_hub(service: Any) -> None:
    assert service("image: kamiwazaai/notes").app["image"] == "kamiwazaai/notes:v1.2.0"
    assert service("image: docker.io/kamiwazaai/notes").app["image"] == "docker.io/kamiwazaai/notes:v1.2.0"


@pytest.mark.parametrize(
    "image",
    [
        "kamiwazaai/other-ext:9.9.9",
        "kamiwazaai/notesapp:latest",
        "kamiwazaai/notes-app:v2.0.0",
        "kamiwazaai/notes-app:stable",
        f"kamiwazaai/notes-app@{DIGEST}",
    ],
)
def test_another_image_of_our_namespace_is_kept_with_a_warning(service: Any, image: str) -> None:
    outcome = service(f"image: {image}")
    assert outcome.app["image"] == image
    assert outcome.codes == ["KZ207"]


@pytest.mark.parametrize(
    ("declared", "image"),
    [("postgres:${PG:-15}", "postgres:15"), ("${IMG:-redis:7}", "redis:7"), ("' redis:7 '", "redis:7")],
)
def test_a_variable_in_an_image_takes_its_default(service: Any, declared: str, image: str) -> None:
    assert service(f"image: {declared}").app["image"] == image


@pytest.mark.parametrize("body", ["image: 'redis:${TAG}'", "image: $IMAGE", "build: .\nimage: '${ORG}/app'"])
def test_an_image_with_a_variable_without_a_default_is_an_error(service: Any, body: str) -> None:
    assert service(body).codes == ["KZ205"]


@pytest.mark.parametrize("image", ["Bad/Image:1", "a b", "'a:'", '""', "https://x/y"])
def test_what_is_no_image_reference_is_an_error(service: Any, image: str) -> None:
    assert service(f"image: {image}").codes == ["KZ115"]


@pytest.mark.parametrize("body", ["image: [a]", "image: 42", "build: [a]\nimage: a", "build: 42"])
def test_an_image_or_build_section_of_the_wrong_form_is_an_error(service: Any, body: str) -> None:
    assert service(body).codes == ["KZ203"]


def test_a_service_with_neither_image_nor_build_is_an_error(transformed: Any) -> None:
    deployment = transformed("services: {app: {command: run}}")
    assert [finding.code.id for finding in deployment.findings] == ["KZ206"]
    assert deployment.data is None


@pytest.mark.parametrize("version", ["1.0.0+build.5", "1.0.0-" + "a" * 130])
def test_a_version_that_is_no_tag_is_an_error_for_our_images_only(service: Any, version: str) -> None:
    assert service("build: .", version=version).codes == ["KZ229"]
    assert service("image: kamiwazaai/notes-app", version=version).codes == ["KZ229"]
    assert service("image: redis:7", version=version).codes == []


@pytest.mark.parametrize(
    ("extension", "service_name", "image"),
    [
        ("notes", "backend", "kamiwazaai/notes-backend"),
        ("notes", "api_v2.x", "kamiwazaai/notes-api_v2.x"),
        ("Notes", "Back End__x", "kamiwazaai/notes-back-end__x"),
        ("notes", "_a...b___c-", "kamiwazaai/notes-a-b-c"),
    ],
)
def test_the_default_name_follows_the_grammar_of_repositories(
    extension: str, service_name: str, image: str
) -> None:
    assert default_image("kamiwazaai", extension, service_name) == image


@given(st.text(min_size=1, max_size=20))
def test_the_default_name_of_any_service_is_an_image_reference(service_name: str) -> None:
    ImageRef.parse(default_image("acme", "notes", service_name))


# What the registry asks


def test_the_images_of_a_deployment_are_told_in_order() -> None:
    data = {"services": {"b": {"image": "b:1"}, "a": {"image": "a:1"}, "c": {"image": 1}, "d": None, "e": {}}}
    assert service_images(data) == [("b", "b:1"), ("a", "a:1")]
    assert service_images(None) == []


def test_ours_are_the_built_ones_and_those_named_after_the_extension(transformed: Any) -> None:
    compose = """
        services:
          web: {build: ., image: acme/web}
          api: {extends: {service: web}}
          sandbox: {image: "kamiwazaai/notes-sandbox:v1.2.0"}
          db: {image: "postgres:15"}
          foreign: {image: "kamiwazaai/other:1"}
          broken: {image: "a:1"}
        """
    extension = transformed.extension(compose)
    data = deepcopy(transformed(compose).data)
    data["services"]["broken"]["image"] = "Not An Image"
    assert owned_services(extension, "kamiwazaai", data) == {"web", "api", "sandbox"}


def test_without_a_development_file_ours_are_those_named_after_the_extension(transformed: Any) -> None:
    data = {"services": {"a": {"image": "kamiwazaai/notes:1"}, "b": {"image": "b:1"}}}
    assert owned_services(transformed.extension(None), "kamiwazaai", data) == {"a"}


def test_the_stage_tags_our_images_and_changes_nothing_else() -> None:
    data = {
        "services": {
            "web": {"image": "kamiwazaai/notes-web:v1.0.0", "init": True},
            "pinned": {"image": f"kamiwazaai/notes-x:v1@{DIGEST}"},
            "fixed": {"image": f"kamiwazaai/notes-y@{DIGEST}"},
            "broken": {"image": "Not An Image"},
            "db": {"image": "postgres:15"},
            "none": {},
        },
        "volumes": {"a": None},
    }
    before = deepcopy(data)
    result = retag(data, frozenset({"web", "pinned", "fixed", "broken"}), "1.0.0-dev")
    assert data == before
    assert dict(service_images(result)) == {
        "web": "kamiwazaai/notes-web:1.0.0-dev",
        "pinned": "kamiwazaai/notes-x:1.0.0-dev",
        "fixed": f"kamiwazaai/notes-y@{DIGEST}",
        "broken": "Not An Image",
        "db": "postgres:15",
    }
    assert result["services"]["web"]["init"] is True
    assert result["volumes"] == {"a": None}


def test_pins_replace_whole_references() -> None:
    data = {"services": {"a": {"image": "a:1"}, "b": {"image": "b:1"}}}
    assert service_images(pin(data, {"a:1": f"a:1@{DIGEST}"})) == [("a", f"a:1@{DIGEST}"), ("b", "b:1")]
    assert pin({"services": None}, {}) == {"services": None}


@pytest.mark.parametrize(
    ("image", "is_own", "is_in_namespace"),
    [
        ("kamiwazaai/notes", True, True),
        ("kamiwazaai/notes-web:1", True, True),
        ("index.docker.io/kamiwazaai/notes-web", True, True),
        ("kamiwazaai/notesweb", False, True),
        ("ghcr.io/kamiwazaai/notes", False, False),
        ("xkamiwazaai/notes", False, False),
    ],
)
def test_a_name_tells_whether_an_image_is_ours(image: str, is_own: bool, is_in_namespace: bool) -> None:
    ref = ImageRef.parse(image)
    assert belongs(ref, "notes", "kamiwazaai") is is_own
    assert in_namespace(ref, "kamiwazaai") is is_in_namespace
