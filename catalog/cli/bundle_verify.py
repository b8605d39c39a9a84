"""`catalog bundle verify`: whether a bundle is what it was made as."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.bundle.verdict import Verdict
from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.bundle_verify import VerifyRequest, bundle_verify
from catalog.registry.layout import BUNDLE_MANIFEST, REGISTRY_ROOT

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bundle_verify import VerifyResult

_MEANING = {
    Verdict.VALID: "Every file is as it was signed.",
    Verdict.UNSIGNED: "Every file is as it was packed, but nobody vouches for it: it is not signed.",
    Verdict.UNCHECKED: "It is signed, but by whom was not checked.",
}
_AGAIN = "Copy it again from where it was made."
_NEXT = {
    Verdict.UNSIGNED_REFUSED: "Ask for a signed one.",
    Verdict.BAD_FORM: f"{_AGAIN} A bundle of the older template is taken over with: catalog bundle adopt",
    Verdict.UNCHECKED: "Give the public key with --key, or go without with --allow-unchecked.",
    Verdict.WRONG_KEY: "Ask those who made the bundle for their public key.",
    Verdict.UNLISTED: "In an unpacked folder, delete what is not listed with --remove-extra.",
    Verdict.ROLLED_BACK: "If you want the older one, say so with --allow-downgrade.",
}


_PART = re.compile(r"\.part(-\d+|s\.json)$")


@click.command(
    epilog="""\b
Examples:
  catalog bundle verify kamiwaza-registry-20261121-070539.tar.gz --key release.key.pub
  catalog bundle verify kamiwaza-extension-registry/ --remove-extra
""",
)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--key", type=click.Path(path_type=Path), help="Public key that must have signed it.")
@click.option("--require-signature", is_flag=True, help="Refuse a bundle that is not signed.")
@click.option("--allow-unchecked", is_flag=True, help="Accept a signed bundle without its key.")
@click.option("--allow-downgrade", is_flag=True, help="Accept a bundle older than one seen before.")
@click.option("--remove-extra", is_flag=True, help="In an unpacked folder, delete what is not listed.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Check a bundle: signature, every file, every image."""
    console = context.console()
    result = bundle_verify(VerifyRequest(**options), console)
    show(result, console)
    return result.exit_code


def show(result: VerifyResult, console: Console) -> None:
    """Print what is wrong, the verdict, and the way on."""
    if console.result(result):
        return
    for path in result.removed:
        console.say(f"removed {path}")
    for problem in result.problems:
        console.say(f"{problem.verdict.value}: {problem.path or result.path}: {problem.message}")
    if result.problem_count > len(result.problems):
        console.say(f"… and {result.problem_count - len(result.problems)} more")
    if result.accepted:
        images = "a delta" if result.base else quantity(result.images, "image")
        files = quantity(result.files, "file")
        console.say(f"{files}, {images}, {readable(result.bytes)}, of {result.created}")
        console.say(f"signer: {result.signer or 'none'}")
        if result.base:
            console.say(_delta(result.base), color="yellow")
        console.say(_MEANING[result.verdict], color="green" if result.verdict is Verdict.VALID else "yellow")
    else:
        console.say(f"Refused. {_way_on_from(result)}", color="red")
    console.say(f"verdict: {result.verdict.value}", bold=True)


def _delta(base: str) -> str:
    return (
        f"It is a delta, and no bundle by itself: it needs the bundle whose SHA256SUMS has {base}. "
        "Make the whole one with: catalog bundle apply-delta OLD DELTA"
    )


def _way_on_from(result: VerifyResult) -> str:
    """What to do about a refusal."""
    if _PART.search(result.path.name):
        return "It belongs to a bundle that was split; join it first with: catalog bundle join"
    is_manifest_missing = [one.path for one in result.problems] == [str(BUNDLE_MANIFEST)]
    if result.verdict is Verdict.MISSING and is_manifest_missing:
        return f"It is no bundle: name a tarball, or the folder {REGISTRY_ROOT} that was unpacked from one."
    return way_on(result.verdict)


def way_on(verdict: Verdict) -> str:
    """What to do about a refusal with this verdict, whatever was refused."""
    return _NEXT.get(verdict, _AGAIN)
