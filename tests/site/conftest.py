from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.site.pictures import make_picture
from catalog.site.shell import material_shell, plain_shell
from tests.site.building import build, pages_of
from tests.site.sample import TEMPLATES, draw_pictures

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.site.picture import Picture
    from catalog.site.shell import Shell


@pytest.fixture(scope="session")
def shell_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shells")


@pytest.fixture(scope="session", params=["material", "plain"])
def shell(request: pytest.FixtureRequest, shell_cache: Path) -> Shell:
    return plain_shell(TEMPLATES) if request.param == "plain" else material_shell(TEMPLATES, shell_cache)


@pytest.fixture(scope="session")
def plain() -> Shell:
    return plain_shell(TEMPLATES)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Picture]:
    folder = tmp_path_factory.mktemp("pictures")
    made = {name: make_picture(path, folder / "cache") for name, path in draw_pictures(folder).items()}
    return {name: picture for name, picture in made.items() if picture}


@pytest.fixture(scope="session")
def files(shell: Shell, pictures: dict[str, Picture]) -> dict[str, bytes]:
    return build(shell, pictures=pictures)


@pytest.fixture(scope="session")
def pages(files: dict[str, bytes]) -> dict[str, str]:
    return pages_of(files)
