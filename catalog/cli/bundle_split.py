"""`catalog bundle split`: a large file in parts."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.bundle.part_size import parse_part_size
from catalog.bundle.parts import plain_join
from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.bundle_split import SplitRequest, bundle_split

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bundle_split import SplitResult


@click.command(
    epilog="""\b
Examples:
  catalog bundle split dist/kamiwaza-registry-20261121-070539.tar.gz --size 4GB
  catalog bundle split BUNDLE.tar.gz --size 650MB --out /media/usb
Without our tools: sha256sum -c FILE.part-???.sha256, and cat FILE.part-??? > FILE
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--size", required=True, help="Size of a part: 4GiB, 4GB, 650MB (FAT32 takes less than 4GiB a file)."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the parts (default: beside the file).",
)
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Split a bundle into parts, each with its SHA-256."""
    request = SplitRequest(
        source=options["file"], part_size=parse_part_size(options["size"]), out=options["out"]
    )
    console = context.console()
    result = bundle_split(request, console)
    show(result, console)
    return result.exit_code


def show(result: SplitResult, console: Console) -> None:
    """Print the parts and how they are joined."""
    if console.result(result):
        return
    console.table(
        ("Part", "Size", "SHA-256"),
        [(part.name, readable(part.size), part.sha256) for part in result.parts],
    )
    console.say(
        f"{quantity(len(result.parts), 'part')} in {result.parts_list.parent}", bold=True, color="green"
    )
    whole = result.parts_list.name.removesuffix(".parts.json")
    console.say(f"\nCarry all of them, and {whole}.* with them; then, in their folder:")
    console.say(f"  catalog bundle join {result.parts_list.name}")
    console.say("or, where there is no catalog:")
    for line in (*plain_join(whole), f"sha256sum -c {shlex.quote(whole)}.sha256"):
        console.say(f"  {line}")
