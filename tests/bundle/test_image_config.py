"""An image's config says what the image runs on, or it is no image's."""

from __future__ import annotations

import json

import pytest

from catalog.bundle.image_config import ImageConfig
from catalog.errors import IntegrityError

CONFIG = {"os": "linux", "architecture": "arm64", "variant": "v8", "rootfs": {"diff_ids": []}}


def test_a_config_says_the_platform() -> None:
    assert ImageConfig.parse(json.dumps(CONFIG).encode(), "It").platform == "linux/arm64/v8"


@pytest.mark.parametrize("change", [{"os": ""}, {"architecture": ""}, {"os": None}, {"os": 1}])
def test_a_config_without_a_platform_is_none(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="is no image config"):
        ImageConfig.parse(json.dumps(CONFIG | change).encode(), "It")
