"""Settings: option before environment before .env before catalog.toml before default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from catalog.errors import UsageError
from catalog.workspace.platform_settings import PlatformSettings
from catalog.workspace.publish_settings import PublishSettings
from catalog.workspace.settings import CatalogSettings, load_settings, read_dotenv
from catalog.workspace.settings_problem import refused_setting
from tests.support.trees import tree

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel


def test_every_setting_has_a_default(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert (settings.title, settings.organization, settings.skin) == (
        "Extension catalog",
        "kamiwazaai",
        "material",
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=Foo # title", "Foo"),
        ("A=Foo#title", "Foo#title"),
        ('A="Foo # title" # more', "Foo # title"),
        ("A='it is'", "it is"),
        ("A=it's", "it's"),
        ("A='it's'", "'it's'"),
        ("export A = https://a.test/#top ", "https://a.test/#top"),
        ("A=# none", "# none"),
        ("A= # none", ""),
        ('A=""', ""),
        ('A="', '"'),
    ],
)
def test_a_dotenv_value_ends_before_a_comment_and_loses_one_pair_of_quotes(
    tmp_path: Path, line: str, value: str
) -> None:
    (tmp_path / ".env").write_text(f"{line}\n")
    assert read_dotenv(tmp_path / ".env") == {"A": value}


@pytest.mark.parametrize(
    ("file", "dotenv", "environment", "source"),
    [
        ("good", "good", "Bad One", "CATALOG_ORGANIZATION in the environment"),
        ("good", "Bad One", None, "CATALOG_ORGANIZATION in .env"),
        ("Bad One", None, None, "catalog.toml:"),
    ],
)
def test_a_wrong_setting_is_told_with_the_place_that_has_it(
    tmp_path: Path, file: str, dotenv: str | None, environment: str | None, source: str
) -> None:
    beside = f"CATALOG_ORGANIZATION={dotenv}\n" if dotenv else ""
    tree(tmp_path, {"catalog.toml": f'[catalog]\norganization = "{file}"\n', ".env": beside})
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, {"CATALOG_ORGANIZATION": environment} if environment else {})
    assert source in caught.value.message


def test_environment_beats_dotenv_beats_file(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "catalog.toml": '[catalog]\ntitle = "file"\norganization = "file"\nskin = "plain"\n',
            ".env": "export CATALOG_TITLE='dotenv'\nCATALOG_ORGANIZATION=dotenv\n# comment\nbroken\n",
        },
    )
    settings = load_settings(tmp_path, {"CATALOG_TITLE": "environment"})
    assert (settings.title, settings.organization, settings.skin) == ("environment", "dotenv", "plain")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[catalog", "catalog.toml"),
        ("catalog = 1", "[catalog]"),
        ('[catalog]\ntitel = "x"', "'titel'"),
        ('[catalog]\nskin = "neon"', "'skin'"),
        ('[catalog]\norganization = "Upper Case"', "'organization'"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(tmp_path: Path, text: str, word: str) -> None:
    tree(tmp_path, {"catalog.toml": text})
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, {})
    assert word in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "[publishing.prod]\n",
            "the table [publishing] is not known",
            "Did you mean [publish]? The tables are: [cat",
        ),
        ("[Catalog]\n", "the table [Catalog] is not known", "Did you mean [catalog]?"),
        ("[zzz]\n", "the table [zzz] is not known", "The tables are: [catalog], [publish], [platform]"),
        ('zzz = "x"\n', "the key 'zzz' outside of every table is not known", "The tables are"),
        ('[catalog]\ntitel = "x"\n', "'titel' of [catalog]", "Did you mean title? The keys are: title,"),
        ('[catalog]\nzzz = "x"\n', " is not known.", "The keys are: title,"),
        ('[catalog]\naccent = "blue"\n', "catalog.toml: write it as #rrggbb.", "The keys are"),
        ("[catalog]\nskin = 7\n", "catalog.toml: input should be 'material' or 'plain'.", "The keys are"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest_that_is(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    tree(tmp_path, {"catalog.toml": text})
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, {})
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("model", [CatalogSettings, PlatformSettings, PublishSettings])
def test_no_refusal_shows_a_pattern(tmp_path: Path, model: type[BaseModel]) -> None:
    for key, field in model.model_fields.items():
        if any(hasattr(one, "pattern") for one in field.metadata):
            with pytest.raises(ValidationError) as caught:
                model.model_validate({key: "?? ??"})
            refused = refused_setting(caught.value, "table", tmp_path, model)
            assert ": write " in refused.message
            assert "pattern" not in refused.message


def test_tables_of_other_commands_are_left_alone(tmp_path: Path) -> None:
    tree(tmp_path, {"catalog.toml": '[publish.dev]\nstore = "s3://x"\n'})
    assert load_settings(tmp_path, {}).title == "Extension catalog"


@pytest.mark.parametrize(
    "place",
    [
        "",
        "https://files.acme.test/bundles/{name}-{version}.tar.gz",
        "http://10.0.0.5:8080/{version}/{name}.tar.gz",
        "bundles/{name}.tar.gz",
        "../bundles/{name}/{name}-{version}.tar.gz",
        "{version}/{name}.tar.gz",
    ],
)
def test_bundles_lie_at_an_address_or_at_a_path_of_the_registry(tmp_path: Path, place: str) -> None:
    tree(tmp_path, {"catalog.toml": f'[catalog]\nbundles = "{place}"\n'})
    assert load_settings(tmp_path, {}).bundles == place


@pytest.mark.parametrize(
    "place",
    [
        "https://files.acme.test/all.tar.gz",
        "https://files.acme.test/{name}-{arch}.tar.gz",
        "https://files.acme.test/{{name}}.tar.gz",
        "https://{name}.acme.test/bundle.tar.gz",
        "https://files.acme.test/{name}.tar.gz?download",
        "https://files.acme.test/{name}.tar.gz#x",
        "https:///{name}.tar.gz",
        "https://ci:secret@files.acme.test/{name}.tar.gz",
        "https://files.acme.test//{name}.tar.gz",
        "ftp://files.acme.test/{name}.tar.gz",
        "javascript:alert(1)//{name}.tar.gz",
        "//files.acme.test/{name}.tar.gz",
        "/bundles/{name}.tar.gz",
        "C:/bundles/{name}.tar.gz",
        "bundles/{name}.zip",
        "bundles/my {name}.tar.gz",
        "bundles/{name}/" + "a" * 500 + ".tar.gz",
    ],
)
def test_a_place_that_no_bundle_can_have_is_refused(tmp_path: Path, place: str) -> None:
    tree(tmp_path, {"catalog.toml": f'[catalog]\nbundles = "{place}"\n'})
    with pytest.raises(UsageError, match="'bundles'") as caught:
        load_settings(tmp_path, {})
    assert str(tmp_path / "catalog.toml") in caught.value.message
    assert "500" in caught.value.message or "{name} in it" in caught.value.message


def test_an_address_with_a_login_is_refused_since_every_page_would_show_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'base_url'") as caught:
        load_settings(tmp_path, {"CATALOG_BASE_URL": "https://ci:secret@catalog.acme.test/"})
    assert "login" in caught.value.message
    assert "secret" not in caught.value.message
