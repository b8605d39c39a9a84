"""Images are saved in as few and as even archives as is quickest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.save_plan import plan_saves
from catalog.engine.engine import LocalImage

MB = 1_000_000


def image(ref: str, **layers: int) -> LocalImage:
    """An image of layers with these sizes in MB."""
    return LocalImage(ref, f"id of {ref}", "linux/amd64", tuple(layers), sum(layers.values()) * MB)


def plan(*images: LocalImage, **known: int) -> list[tuple[str, ...]]:
    groups = plan_saves(images, {name: size * MB for name, size in known.items()})
    return [tuple(one.ref for one in group.images) for group in groups]


def test_nothing_is_saved_in_no_archive() -> None:
    assert plan() == []


def test_one_image_is_one_archive() -> None:
    assert plan(image("a", x=900)) == [("a",)]


def test_small_images_are_saved_together() -> None:
    assert plan(image("a", x=10), image("b", y=10)) == [("a", "b")]


def test_large_images_with_nothing_in_common_are_saved_side_by_side() -> None:
    assert plan(image("a", x=200), image("b", y=300)) == [("b",), ("a",)]


def test_images_that_share_nearly_everything_are_saved_together() -> None:
    assert plan(image("a", base=900, x=5), image("b", base=900, y=6), base=900) == [("b", "a")]


def test_families_stay_together() -> None:
    found = plan(
        image("web", base=200, py=300, web=10),
        image("api", base=200, py=300, api=20),
        image("node", base=200, node=300),
        image("gw", base=200, node=300, gw=30),
        base=200,
        py=300,
        node=300,
    )

    assert sorted(map(sorted, found)) == [["api", "web"], ["gw", "node"]]


def test_an_archive_has_at_most_eight_gibibytes_or_one_image() -> None:
    found = plan(*(image(f"i{n}", **{f"l{n}": 5000}) for n in range(4)), image("huge", h=20_000))

    assert sorted(found) == [("huge",), ("i0",), ("i1",), ("i2",), ("i3",)]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=5, unique=True), max_size=8))
def test_every_image_is_in_one_archive_whatever_is_known(layers: list[list[str]]) -> None:
    images = [image(f"i{n}", **dict.fromkeys(one, 70)) for n, one in enumerate(layers)]

    found = plan(*images, a=70, b=7000)

    assert sorted(ref for group in found for ref in group) == sorted(one.ref for one in images)
    assert found == plan(*images, a=70, b=7000)
