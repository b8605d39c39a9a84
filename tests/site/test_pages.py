"""The website as a whole, in both skins."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from jinja2 import UndefinedError

from catalog.model.names import Kind
from catalog.registry.layout import CONTENT_SECURITY_POLICY
from catalog.registry.registry import Entry, Registry
from catalog.site.facts import SiteOptions
from catalog.site.pages import site_files
from tests.site.building import OPTIONS, build, pages_of
from tests.site.sample import HOSTILE, REGISTRY, sample_facts

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.site.picture import Picture
    from catalog.site.shell import Shell

LOADING = {"src", "srcset", "poster", "background", "data"}


class Page(HTMLParser):
    """What a page loads, links to, and names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the parser names it
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"}:
            self.inline += data.strip()

    def values(self, *names: str) -> list[str]:
        return [values[name] for _, values in self.tags for name in names if name in values]

    def loads(self) -> list[str]:
        links = [
            values["href"] for tag, values in self.tags if tag == "link" and values["rel"] != "canonical"
        ]
        sets = [part.split()[0] for value in self.values("srcset") for part in value.split(",")]
        return links + self.values(*(LOADING - {"srcset"})) + sets


def many(number: int) -> Registry:
    data = {"version": "1.0.0", "category": "all"}
    return Registry.of(
        Entry(f"app-{n:04}", Kind.APP, {**data, "display_name": f"App {n:04}"}) for n in range(number)
    )


def test_the_root_leads_to_the_website(files: dict[str, bytes]) -> None:
    assert b'content="0; url=site/index.html"' in files["index.html"]
    assert b'<a href="site/index.html">' in files["index.html"]


def test_every_entry_has_a_page_and_a_card(pages: dict[str, str]) -> None:
    for entry in REGISTRY.entries:
        assert f"site/extensions/{entry.name}.html" in pages
        assert f'href="extensions/{entry.name}.html"' in pages["site/index.html"]


def test_every_internal_link_resolves(files: dict[str, bytes], pages: dict[str, str]) -> None:
    ids = {path: set(Page(text).values("id")) for path, text in pages.items()}
    for path, text in pages.items():
        page = Page(text)
        for address in {*page.loads(), *page.values("href")}:
            parts = urlsplit(address)
            if parts.scheme or not address:
                continue
            folder = posixpath.dirname(path)
            target = posixpath.normpath(posixpath.join(folder, unquote(parts.path))) if parts.path else path
            if parts.path.startswith("/"):  # the page that servers show at any address
                target = parts.path[1:]
            assert target in files, f"{path} links to {address}"
            if parts.fragment and target in ids:
                assert unquote(parts.fragment) in ids[target], f"{path} links to {address}"


def test_nothing_is_loaded_from_outside(pages: dict[str, str]) -> None:
    outside = {
        address
        for text in pages.values()
        for address in Page(text).loads()
        if re.match(r"(?!data:)[a-z]+:|//", address)
    }
    assert outside == set()


def test_no_style_sheet_and_no_script_names_an_address_outside(files: dict[str, bytes]) -> None:
    for path, content in files.items():
        if path.endswith((".css", ".js")):
            text = re.sub(rb"url\(\"data:[^\"]*\"\)|http://www\.w3\.org/2000/svg", b"", content)
            assert not re.search(
                rb"@import|url\(|sourceMappingURL|fetch\(|XMLHttpRequest|//[a-z]+\.", text
            ), path


def test_no_page_has_inline_code_or_style(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        page = Page(text)
        assert page.inline == "", path
        names = {name for _, values in page.tags for name in values}
        assert not {name for name in names if name.startswith("on") or name == "style"}, path


def test_every_page_states_the_policy_before_it_loads_anything(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert text.lower().startswith("<!doctype html>"), path
        tags = Page(text).tags
        policies = [
            n for n, (_, values) in enumerate(tags) if values.get("content") == CONTENT_SECURITY_POLICY
        ]
        loading = [n for n, (tag, _) in enumerate(tags) if tag in {"link", "script", "img"}]
        assert len(policies) == 1, path
        assert policies[0] < min(loading, default=len(tags)), path


def test_ids_are_unique_and_there_is_one_main_heading(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        page = Page(text)
        ids = page.values("id")
        assert len(ids) == len(set(ids)), path
        headings = [tag for tag, _ in page.tags if tag == "h1"]
        assert len(headings) == (path != "index.html"), path


def test_headings_skip_no_level(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        levels = [int(tag[1]) for tag, _ in Page(text).tags if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in zip([1, *levels], levels, strict=False)), path


def test_hostile_fields_are_shown_as_they_were_written(pages: dict[str, str]) -> None:
    text = pages["site/extensions/hostile-entry.html"]
    assert HOSTILE not in text
    assert "&lt;script&gt;document.title" in text
    assert "javascript:" not in "".join(Page(text).values("href"))


def test_what_needs_a_script_is_marked_so(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        tree = re.sub(r"<(div|aside)[^>]*needs-scripts.*?</\1>", "", text, flags=re.DOTALL)
        controls = [values for tag, values in Page(tree).tags if tag in {"button", "input", "select"}]
        shown = [one for one in controls if "hidden" not in one and "md-toggle" not in one.values()]
        assert shown == [], path


def test_the_same_input_gives_the_same_bytes(
    shell: Shell, pictures: dict[str, Picture], files: dict[str, bytes]
) -> None:
    assert build(shell, pictures=pictures) == files


def test_pages_are_made_one_after_the_other(plain: Shell) -> None:
    made = site_files(many(5000), {}, OPTIONS, plain)
    assert len(list(islice(made, 10))) == 10


@pytest.mark.parametrize(("number", "pages"), [(0, 1), (1, 1), (48, 1), (49, 2), (97, 3)])
def test_a_list_has_48_cards_a_page(plain: Shell, number: int, pages: int) -> None:
    made = pages_of(build(plain, many(number), {}))
    lists = [path for path in made if path == "site/index.html" or path.startswith("site/page/")]
    assert len(lists) == pages
    assert sum(made[path].count('<li class="card"') for path in lists) == number


def test_pages_of_a_list_lead_to_each_other(plain: Shell) -> None:
    made = pages_of(build(plain, many(100), {}))
    assert 'rel="next" href="page/2.html"' in made["site/index.html"]
    assert 'rel="prev" href="../index.html"' in made["site/page/2.html"]
    assert 'rel="next" href="../../category/all/3.html"' in made["site/category/all/2.html"]
    assert 'rel="next"' not in made["site/page/3.html"]


def test_an_empty_registry_has_a_page_that_says_so(plain: Shell) -> None:
    assert "There are no extensions here yet" in pages_of(build(plain, Registry(()), {}))["site/index.html"]


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (("a:1", "b:1"), "</strong> apps, ready to run without internet access."),
        (("a:1", "b"), "</strong> apps. 1 of them runs without internet access."),
        (("a", "b"), "</strong> apps.</p>"),
    ],
)
def test_the_start_promises_no_more_than_is_so(plain: Shell, images: tuple[str, ...], said: str) -> None:
    registry = Registry.of([Entry(f"e{n}", Kind.APP, {"image": image}) for n, image in enumerate(images)])
    assert said in pages_of(build(plain, registry, {}))["site/index.html"]


def test_pictures_come_with_their_size_and_a_choice_of_widths(
    pages: dict[str, str], files: dict[str, bytes]
) -> None:
    shown = [values for tag, values in Page(pages["site/index.html"]).tags if tag == "img"]
    assert len(shown) == 3
    assert all(int(values["width"]) and int(values["height"]) and values["srcset"] for values in shown)
    assert {path for path in files if path.startswith("site/pictures/")}


def test_every_picture_keeps_its_place_free_before_it_is_there(pages: dict[str, str]) -> None:
    found = [tag for page in pages.values() for tag in re.findall(r"<img\b[^>]*>", page)]
    assert any("badges/" in tag for tag in found)
    assert [tag for tag in found if not re.search(r' width="\d+" height="\d+"', tag)] == []


def test_entries_without_a_picture_have_a_placeholder(pages: dict[str, str]) -> None:
    assert pages["site/index.html"].count("picture placeholder tint-") == len(REGISTRY.entries) - 3


def test_files_that_pages_load_are_named_by_their_content(files: dict[str, bytes]) -> None:
    assets = [path for path in files if path.startswith("site/assets/")]
    assert assets
    assert all(re.search(r"-[0-9a-f]{10}\.\w+$", path) for path in assets)


def test_a_title_is_only_text(plain: Shell) -> None:
    made = pages_of(build(plain, options=SiteOptions("<b>[[root]]</b> & sons")))
    assert "<title>&lt;b&gt;[[root]]&lt;/b&gt; &amp; sons</title>" in made["site/index.html"]
    assert all("<b>" not in text.partition("<main")[0] for text in made.values())


def test_a_base_url_makes_canonical_links_and_what_others_show_of_a_page(plain: Shell) -> None:
    options = SiteOptions("A", base_url="https://catalog.acme.test/", description="All that Acme has.")
    start = build(plain, options=options)["site/index.html"].decode()
    assert '<link rel="canonical" href="https://catalog.acme.test/site/index.html">' in start
    assert '<meta property="og:url" content="https://catalog.acme.test/site/index.html">' in start
    assert '<meta property="og:description" content="All that Acme has.">' in start


def test_without_a_base_url_no_page_names_an_address_of_its_own(pages: dict[str, str]) -> None:
    assert [path for path, text in pages.items() if "canonical" in text or "og:" in text] == []


def test_a_page_shows_others_its_picture(plain: Shell, pictures: dict[str, Picture]) -> None:
    options = SiteOptions("A", base_url="https://catalog.acme.test")
    page = build(plain, options=options, pictures=pictures)["site/extensions/document-chat.html"].decode()
    image = pictures["document-chat"].largest.name
    assert f'<meta property="og:image" content="https://catalog.acme.test/site/pictures/{image}">' in page


def test_the_page_for_what_is_not_there_works_at_any_address(plain: Shell) -> None:
    page = pages_of(build(plain))["site/404.html"]
    assert 'href="/site/index.html"' in page
    assert not [address for address in Page(page).values("href", "src") if address.startswith((".", "a"))]
    below = SiteOptions("A", base_url="https://acme.test/catalog/")
    assert 'href="/catalog/site/index.html"' in pages_of(build(plain, options=below))["site/404.html"]


def test_the_page_for_unknown_addresses_never_leads_to_another_host(plain: Shell) -> None:
    twice = SiteOptions("Acme", base_url="https://acme.test//catalog/")
    page = pages_of(build(plain, options=twice))["site/404.html"]
    assert 'href="/catalog/site/index.html"' in page
    assert '"//' not in page


def test_every_entry_is_within_three_clicks_of_the_start(pages: dict[str, str]) -> None:
    reached = {"site/index.html"}
    for _ in range(3):
        reached |= {
            posixpath.normpath(posixpath.join(posixpath.dirname(path), urlsplit(address).path))
            for path in reached & pages.keys()
            for address in Page(pages[path]).values("href")
        }
    assert {f"site/extensions/{entry.name}.html" for entry in REGISTRY.entries} <= reached


def test_a_page_of_an_entry_depends_on_no_other_entry(plain: Shell) -> None:
    facts = sample_facts()
    whole = build(plain)
    for entry in REGISTRY.entries:
        alone = build(plain, Registry((entry,)), facts)
        for path in (
            f"site/extensions/{entry.name}.html",
            f"site/ext/{entry.name}.json",
            f"site/badges/{entry.name}.svg",
        ):
            assert alone[path] == whole[path], path


def test_findings_stand_folded_on_the_page(pages: dict[str, str]) -> None:
    text = pages["site/extensions/document-chat.html"]
    assert "2 remarks of the last check" in text
    assert "KZ313" in text
    assert "Pin it." in text


def test_a_template_of_ones_own_takes_the_place_of_ours(plain: Shell, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "install.html").write_text("<p>Ask Ada.</p>", encoding="utf-8")
    made = pages_of(build(plain, options=SiteOptions("A", templates=tmp_path)))
    assert "<p>Ask Ada.</p>" in made["site/index.html"]


def test_a_template_that_names_what_is_not_there_fails(plain: Shell, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "install.html").write_text("{{ no_such_value }}", encoding="utf-8")
    with pytest.raises(UndefinedError, match="no_such_value"):
        build(plain, options=SiteOptions("A", templates=tmp_path))


def test_the_start_page_stays_small(shell: Shell) -> None:
    entries = Registry.of(
        Entry(f"{entry.name}-{n}", entry.kind, entry.data)
        for n in range(10)
        for entry in REGISTRY.entries
        if entry.name != "hostile-entry"
    )
    assert len(build(shell, entries, {})["site/index.html"]) <= 60_000


def test_facts_may_be_missing(plain: Shell) -> None:
    assert len(build(plain, facts={})) == len(build(plain, facts=sample_facts()))
