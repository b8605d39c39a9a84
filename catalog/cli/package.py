"""`catalog package`: registry, website and images in one file for a place without internet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.bundle.file_name import DELTA_SUFFIX
from catalog.bundle.keys import is_encrypted
from catalog.bundle.part_size import parse_part_size
from catalog.bundle.parts import plain_join
from catalog.cli.options import Context, global_options, repo_version_option, stage_option
from catalog.cli.passphrase import asked_passphrase, passphrase_options, taken_passphrase
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.package import package
from catalog.operations.package_request import PackageRequest
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.cli.console import Console
    from catalog.operations.package_request import PackageResult

_MOST_ROWS = 20


@click.command(
    epilog="""\b
Examples:
  catalog package
  catalog package --only field-notes --sign release.key
  catalog package --stage prod --platform linux/arm64 --split-size 4GB
  catalog package --since dist/kamiwaza-registry-20261101-120000.tar.gz
  catalog package --dry-run
""",
)
@stage_option
@repo_version_option
@click.option("--only", "names", multiple=True, metavar="NAME", help="Pack this extension; repeat for more.")
@click.option("--engine", help="docker, podman, nerdctl or a path (default: the first that answers).")
@click.option("--platform", help="What the images run on, such as linux/amd64 (default: the engine's).")
@click.option("--no-images", "images", flag_value=False, default=True, help="Leave out the images.")
@click.option("--no-sbom", "sbom", flag_value=False, default=True, help="Leave out the lists of packages.")
@click.option(
    "--syft/--no-syft", default=None, help="List packages with syft (default: when it is installed)."
)
@click.option("--no-pull", "pull", flag_value=False, default=True, help="Never fetch a missing image.")
@click.option("--allow-missing", is_flag=True, help="Pack without images that are not to be had (exit 3).")
@click.option("--verify-cache", is_flag=True, help="Check every cached layer before it is used.")
@click.option("--sign", type=click.Path(path_type=Path, dir_okay=False), help="Sign with this private key.")
@passphrase_options
@click.option("--split-size", help="Cut the bundle into parts: 650MB, 4GB.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Write only what this older bundle does not have.",
)
@click.option("--replace", is_flag=True, help="Replace another bundle of the same name.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("dist"),
    help="Folder for the bundle (default: dist, in the workspace).",
)
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Pack registry, website and images into a bundle for a place without internet."""
    console = context.console()
    result = package(context.open_workspace(), _request(options), console)
    show(result, console)
    return result.exit_code


def _request(options: dict[str, Any]) -> PackageRequest:
    out = options.pop("out")
    stage = options.pop("stage")
    size = options.pop("split_size")
    passphrase = taken_passphrase(options)
    if passphrase is None and options["sign"] and is_encrypted(options["sign"]):
        passphrase = asked_passphrase(f"Passphrase of {options['sign']}")
    return PackageRequest(
        out=out if out == Path("dist") else out.resolve(),
        stage=Stage(stage) if stage else None,
        split_size=parse_part_size(size) if size else None,
        passphrase=passphrase,
        **options,
    )


def show(result: PackageResult, console: Console) -> None:
    """Print the findings, what was packed, what it weighs, and what to do with it."""
    if console.result(result):
        return
    console.findings(result.findings)
    if result.dry_run:
        _show_plan(result, console)
    elif result.path is None:
        names = ", ".join(result.left_out)
        console.say(f"Nothing was packed: {names} must be corrected first.", bold=True, color="red")
    else:
        _show_bundle(result, console, result.path)


def _show_plan(result: PackageResult, console: Console) -> None:
    for action in result.actions:
        console.say(f"would {action.verb} {action.what}")
    console.say("Nothing was written: this was a dry run.", bold=True)


def _show_bundle(result: PackageResult, console: Console, path: Path) -> None:
    _show_sizes(result, console)
    for image in result.missing:
        console.say(f"Missing: {image.ref}, needed by {image.extension}", bold=True, color="yellow")
    what = quantity(len(result.parts), "part") if result.parts else readable(path.stat().st_size)
    console.say(f"Packed {path} ({what})", bold=True, color="green")
    console.say(f"  SHA-256    {result.sha256}")
    console.say(
        f"  signed by  {result.signer or 'nobody: give a key with --sign KEY (catalog keygen makes one)'}"
    )
    where = "where catalog and the older bundle are" if _is_delta(path) else "on the other side"
    console.say(f"\nCopy it with the files beside it ({_whole(path)}.*), then {where}:")
    for line in _next_steps(result, path):
        console.say(f"  {line}")


def _show_sizes(result: PackageResult, console: Console) -> None:
    if not result.extensions:
        return
    rows = [
        (size.name, str(size.images), readable(size.bytes), readable(size.own_bytes))
        for size in result.extensions[:_MOST_ROWS]
    ]
    console.table(("EXTENSION", "IMAGES", "PACKED", "OF WHICH ONLY ITS OWN"), rows)
    if len(result.extensions) > _MOST_ROWS:
        console.say(f"… and {len(result.extensions) - _MOST_ROWS} more (all with --json)")
    sizes = result.sizes
    shared = sum(layer.bytes for layer in result.shared)
    console.say(
        f"{quantity(sizes.images, 'image')} in {readable(sizes.blob_bytes)}; "
        f"{readable(shared)} are shared by several extensions. Unpacked: {readable(sizes.layer_bytes)}, "
        f"and {readable(sizes.naive_bytes)} if nothing were shared.\n"
    )


def _next_steps(result: PackageResult, path: Path) -> Iterator[str]:
    whole = _whole(path)
    if result.parts:
        yield from plain_join(whole)
    yield f"sha256sum -c {whole}.sha256"
    if result.signer:
        yield f"openssl dgst -sha256 -verify YOUR.pub -signature {whole}.sig {whole}"
    key = " --key YOUR.pub" if result.signer else ""
    if _is_delta(path):
        yield f"catalog bundle apply-delta OLD.tar.gz {whole}{key}"
        whole = f"{whole.removesuffix(DELTA_SUFFIX)}.tar.gz"
    yield f"tar -xzf {whole}"
    yield f"bash kamiwaza-extension-registry/package-setup.sh{key}"


def _whole(path: Path) -> str:
    """The name of the bundle, also where it lies in parts."""
    return path.name.removesuffix(".parts.json")


def _is_delta(path: Path) -> bool:
    return _whole(path).endswith(DELTA_SUFFIX)
