"""`python -m scripts.bench.images`: makes the six images of the bundle's benchmark in an engine.

In: a running engine. Out: `perfcat/{web,api,model,rag,nodeapp,gw}:1`, which share layers as a catalog's
images do: about 1 GB of unique layers, 2.8 GB if every image carried its own. The same machine gives the
same image IDs.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import image_archive, image_layers
from scripts.bench.image_layers import RECIPES, write_layer
from scripts.engine import daemon

if TYPE_CHECKING:
    from scripts.engine.daemon import Engine

STACKS = {
    "web": ("base", "py", "web"),
    "api": ("base", "py", "api"),
    "model": ("base", "py", "ml", "model"),
    "rag": ("base", "py", "ml", "rag"),
    "nodeapp": ("base", "node"),
    "gw": ("base", "gw"),
}
REFS = {name: f"perfcat/{name}:1" for name in STACKS}
CHANGING = "web"
RECIPE_LABEL = "catalog.bench.recipe"


def ensure(engine: Engine) -> bool:
    """Make the images that are missing or of another recipe; tells whether that was needed.

    Raises:
        EngineFailedError: the engine does not load them.
    """
    labels = {RECIPE_LABEL: _recipe()}
    if all(image_archive.label(engine, ref, RECIPE_LABEL) == labels[RECIPE_LABEL] for ref in REFS.values()):
        return False
    image_archive.remove(engine, REFS.values())
    with tempfile.TemporaryDirectory(prefix="bench-images-") as folder:
        layers = {each.name: write_layer(each, Path(folder)) for each in RECIPES}
        configs = {
            REFS[name]: image_archive.image_config(engine, [layers[layer].diff_id for layer in stack], labels)
            for name, stack in STACKS.items()
        }
        image_archive.load(engine, layers.values(), configs)
    return True


def change_small_layer(engine: Engine, edition: int) -> None:
    """Give `perfcat/web:1` another uppermost layer of the same 7 MB; edition 0 is the original.

    Raises:
        EngineFailedError: the images are not there, or the engine does not load the new one.
    """
    ref = REFS[CHANGING]
    before, below = image_archive.image_id(engine, ref), image_archive.diff_ids(engine, ref)[:-1]
    with tempfile.TemporaryDirectory(prefix="bench-images-") as folder:
        recipe = next(each for each in RECIPES if each.name == CHANGING)
        layer = write_layer(recipe, Path(folder), edition)
        config = image_archive.image_config(engine, [*below, layer.diff_id], {RECIPE_LABEL: _recipe()})
        image_archive.load(engine, [layer], {ref: config})
    if before and before != image_archive.image_id(engine, ref):
        engine.docker("image", "rm", before)


def layer_bytes(engine: Engine) -> tuple[int, int]:
    """Bytes of the layers unpacked: each one once, and as if every image carried its own."""
    unique: dict[str, int] = {}
    together = 0
    for ref in REFS.values():
        lines = engine.docker("history", "--no-trunc", "--human=false", "--format", "{{.Size}}", ref)
        # history lists the uppermost layer first, inspect the lowest.
        sizes = [int(line) for line in lines.split()][::-1]
        unique |= dict(zip(image_archive.diff_ids(engine, ref), sizes, strict=True))
        together += sum(sizes)
    return sum(unique.values()), together


def _recipe() -> str:
    source = Path(image_layers.__file__).read_bytes() + repr(STACKS).encode()
    return hashlib.sha256(source).hexdigest()[:12]


def main() -> None:
    """Make the images, change the small layer, or remove them all."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench.images", description=__doc__)
    parser.add_argument("--remove", action="store_true", help="take the images away")
    parser.add_argument("--edition", type=int, help="give web:1 this edition of its 7 MB layer (0: original)")
    options = parser.parse_args()
    engine = daemon.start(daemon.DEFAULT_STATE)
    if options.remove:
        image_archive.remove(engine, REFS.values())
        return
    made = ensure(engine)
    if options.edition is not None:
        change_small_layer(engine, options.edition)
    unique, together = layer_bytes(engine)
    print(f"{'made' if made else 'found'} {', '.join(REFS.values())}")
    print(f"unique layers {unique / 1e6:.0f} MB, one after another {together / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
