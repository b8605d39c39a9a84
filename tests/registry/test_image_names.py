"""An image's names in a bundle: loadable by tag, in full, and one-to-one in a private registry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.image_ref import ImageRef
from catalog.registry.image_names import in_full, loadable, published, qualified, relocated

HEX = "ab" * 32
HOSTS = st.sampled_from(
    ["", "docker.io", "ghcr.io", "localhost", "localhost:5000", "a.b:5000", "[::1]:5000", "[::1]"]
)
PATHS = st.sampled_from(["nginx", "library/nginx", "acme/web", "acme__web/x", "5000/x", "ghcr.io/x"])
TAGS = st.sampled_from(["", "1", "latest", "v1.0.0-dev"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("nginx:alpine", "nginx:alpine"),
        ("nginx", "nginx"),
        (f"nginx:alpine@sha256:{HEX}", "nginx:alpine"),
        (f"ghcr.io/a/b@sha256:{HEX}", f"ghcr.io/a/b:sha256-{HEX}"),
        ("${IMAGE}", "${IMAGE}"),
    ],
)
def test_a_bundles_catalogs_name_images_by_tag(written: str, expected: str) -> None:
    assert loadable(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("index.docker.io/acme/web:1", "docker.io/acme/web:1"),
        ("GHCR.io/acme/web:1", "ghcr.io/acme/web:1"),
        (f"acme/web@sha256:{HEX}", f"docker.io/acme/web:sha256-{HEX}"),
    ],
)
def test_the_full_name_has_registry_namespace_and_tag(written: str, expected: str) -> None:
    assert qualified(written) == expected


def test_what_is_no_reference_has_no_full_name() -> None:
    with pytest.raises(ValueError, match="not an image reference"):
        qualified("${IMAGE}")


def test_what_is_no_reference_stays_as_it_is_in_full() -> None:
    assert in_full("nginx") == "docker.io/library/nginx:latest"
    assert in_full("${IMAGE}") == "${IMAGE}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("nginx", "@REGISTRY@/docker.io/library/nginx:latest"),
        ("localhost:5000/a:1", "@REGISTRY@/localhost__5000/a:1"),
        ("${IMAGE}", "${IMAGE}"),
    ],
)
def test_the_private_registrys_name_keeps_the_host(written: str, expected: str) -> None:
    assert relocated(written) == expected


@given(st.tuples(HOSTS, PATHS, TAGS), st.tuples(HOSTS, PATHS, TAGS))
def test_no_two_images_share_a_name_in_a_private_registry(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    first, second = (str(ImageRef(host, path, tag)) for host, path, tag in (one, other))
    assert (relocated(first) == relocated(second)) is (qualified(first) == qualified(second))


@given(HOSTS, PATHS, TAGS)
def test_the_private_registrys_name_is_a_reference(host: str, path: str, tag: str) -> None:
    name = relocated(str(ImageRef(host, path, tag))).replace("@REGISTRY@", "registry.acme.test:5000/team")
    assert ImageRef.parse(name).registry == "registry.acme.test:5000"


@pytest.mark.parametrize(
    ("written", "images", "expected"),
    [
        ("acme/web:1", "", "acme/web:1"),
        ("acme/web:1", "r.test:5000/x/y", "r.test:5000/x/y/web:1"),
        ("docker.io/acme/web:1", "r.test/x", "r.test/x/web:1"),
        (f"acme/web:1@sha256:{HEX}", "r.test/x", f"r.test/x/web:1@sha256:{HEX}"),
        ("ghcr.io/acme/web:1", "r.test/x", "ghcr.io/acme/web:1"),
        ("acme-other/web:1", "r.test/x", "acme-other/web:1"),
        ("postgres:15", "r.test/x", "postgres:15"),
        ("${IMAGE}", "r.test/x", "${IMAGE}"),
    ],
)
def test_images_of_ours_are_published_where_the_stage_says(written: str, images: str, expected: str) -> None:
    assert published(written, "acme", images) == expected


def test_a_namespace_may_name_its_registry() -> None:
    assert published("ghcr.io/acme/web:1", "ghcr.io/acme", "r.test/x") == "r.test/x/web:1"
