"""What an entry asks of the place where it runs."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.facts import NO_FACTS, SiteFacts
from catalog.site.hardware import architecture
from catalog.site.profile import Profile, compose_text, make_profile
from catalog.site.services import Image
from catalog.workspace.image_facts import ImageFacts

TWO = "services:\n  web:\n    image: a/web:1\n  db:\n    image: a/db:1\n"
WEB = ImageFacts(1_000, "linux/amd64", "sha256:1")
DATABASE = ImageFacts(2_000, "linux/arm64/v8")


def profile(compose: str, facts: SiteFacts = NO_FACTS, **data: Any) -> Profile:
    return make_profile(Entry("notes", Kind.APP, {"compose_yml": compose, **data}), facts)


@pytest.mark.parametrize(
    "asking",
    [
        "runtime: nvidia",
        "gpus: all",
        "devices: ['/dev/nvidia0:/dev/nvidia0']",
        "devices: [/dev/dri]",
        "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
        "deploy: {resources: {reservations: {devices: [{capabilities: [[gpu, utility]]}]}}}",
        "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1}]}}}",
    ],
)
def test_a_gpu_is_asked_for_in_many_ways(asking: str) -> None:
    assert profile(f"services:\n  web:\n    image: a/b:1\n    {asking}\n").uses_gpu


@pytest.mark.parametrize(
    "asking",
    [
        "runtime: runc",
        "devices: [/dev/ttyUSB0, 5]",
        "devices: /dev/dri",
        "deploy: {resources: {reservations: {devices: [{capabilities: [tpu]}, 5], cpus: 1}}}",
        "deploy: {resources: {reservations: {devices: 5}}}",
        "deploy: [5]",
    ],
)
def test_other_devices_are_no_gpu(asking: str) -> None:
    assert not profile(f"services:\n  web:\n    image: a/b:1\n    {asking}\n").uses_gpu


def test_the_size_is_known_once_every_image_is() -> None:
    assert profile(TWO, SiteFacts(images={"a/web:1": WEB})).size is None
    assert profile(TWO, SiteFacts(images={"a/web:1": WEB, "a/db:1": DATABASE})).size == 3_000
    assert profile("").size is None


def test_an_image_shows_what_is_known_of_it() -> None:
    facts = SiteFacts(images={"a/web:1": WEB})
    assert profile(TWO, facts).images == (
        Image("a/web:1", ("web",), "sha256:1", 1_000, "linux/amd64"),
        Image("a/db:1", ("db",)),
    )


def test_a_pinned_image_is_known_by_its_digest() -> None:
    pinned = f"a/web:1@sha256:{'0' * 64}"
    image = profile(f"services:\n  web:\n    image: {pinned}\n").images[0]
    assert image.digest == pinned.partition("@")[2]


def test_the_author_knows_the_architectures_best() -> None:
    images = {"a/web:1": WEB, "a/db:1": DATABASE}
    assert profile(TWO, SiteFacts(images=images)).architectures == ("amd64", "arm64")
    stated = CatalogNotes(architectures=("riscv64",))
    assert profile(TWO, SiteFacts(images=images, notes=stated)).architectures == ("riscv64",)
    assert profile(TWO).architectures == ()


@pytest.mark.parametrize(
    ("platform", "name"), [("linux/amd64", "amd64"), ("linux/arm/v7", "arm"), ("amd64", "amd64"), ("", "")]
)
def test_an_architecture_is_the_second_part_of_a_platform(platform: str, name: str) -> None:
    assert architecture(platform) == name


@pytest.mark.parametrize(
    ("data", "needs"),
    [
        ({"preferred_model_type": None}, False),
        ({"preferred_model_type": None, "preferred_model_name": "qwen"}, True),
        ({"preferred_model_type": "fast"}, True),
        ({"preferred_model_type": "any"}, True),
        ({}, True),
    ],
)
def test_null_alone_means_that_no_model_is_needed(data: dict[str, Any], needs: bool) -> None:
    assert profile(TWO, **data).needs_model is needs


def test_services_that_a_service_names_in_its_environment_are_called_by_it() -> None:
    compose = """
services:
  web:
    image: a/web:1
    depends_on: [api, api]
    environment: {API: "http://api:8000", DB_HOST: db, LEVEL: cache, SELF: "http://web"}
  api: {image: a, environment: ["URL=redis://cache:6379", PLAIN], depends_on: {db: {}}}
  db: {image: b, environment: 5, depends_on: 5}
  cache: {image: c}
"""
    services = {service.name: service for service in profile(compose).services}
    assert (services["web"].calls, services["web"].waits_for) == (("api", "db"), ("api",))
    assert (services["api"].calls, services["api"].waits_for) == (("cache",), ("db",))
    assert (services["db"].calls, services["db"].waits_for) == ((), ())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\n\na: 1\n", "a: 1"),
        ("  a: 1\n  b: 2\n", "  a: 1\n  b: 2"),
        ("a: 1\r\nb: 2\r", "a: 1\nb: 2"),
        ("a: 1\u2028b: 2", "a: 1\nb: 2"),
        (" \n ", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_lines_of_a_compose_file_end_as_yaml_counts_them(written: object, read: str) -> None:
    assert compose_text(Entry("notes", Kind.APP, {"compose_yml": written})) == read


def test_its_variables_are_known_by_name() -> None:
    compose = f"{TWO}    environment: {{A: '${{LEVEL:-info}}'}}\n"
    assert profile(compose, env_defaults={"SIZE": "1"}).variables == ("SIZE", "LEVEL")
