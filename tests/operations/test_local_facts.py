"""What is noted of the engine's images belongs to the repository that their name means."""

from __future__ import annotations

import pytest

from catalog.engine.engine import LocalImage
from catalog.operations.local_facts import digests_in, local_facts
from catalog.workspace.image_facts import ImageFacts

OWN, OTHER = f"sha256:{'b' * 64}", f"sha256:{'a' * 64}"


def image(ref: str, *digests: str) -> LocalImage:
    return LocalImage(ref, f"sha256:{'1' * 64}", "linux/amd64", (), 900, repo_digests=digests)


@pytest.mark.parametrize(
    ("ref", "repository"),
    [
        ("acme/web:1", "acme/web"),
        ("acme/web:1", "docker.io/acme/web"),
        ("docker.io/acme/web:1", "acme/web"),
        ("nginx", "docker.io/library/nginx"),
        ("registry.acme.test:5000/web:1", "registry.acme.test:5000/web"),
    ],
)
def test_the_digest_of_another_repository_is_not_taken_for_its_own(ref: str, repository: str) -> None:
    known = (f"mirror.example/nginx@{OTHER}", "<none>@<none>", f"{repository}@{OWN}")
    assert local_facts(image(ref, *known)) == ImageFacts(900, "linux/amd64", OWN)


def test_an_image_that_only_a_mirror_knows_has_no_digest() -> None:
    assert local_facts(image("acme/web:1", f"mirror.example/acme/web@{OTHER}")).digest is None
    assert local_facts(image("acme/web:1")).digest is None


def test_all_digests_of_a_repository_are_known() -> None:
    known = image("x:1", f"acme/web@{OTHER}", f"docker.io/acme/web@{OWN}", f"acme/api@{OTHER}")
    assert digests_in("acme/web", known) == (OTHER, OWN)
