"""`catalog build`: the registry and the website."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import (
    Context,
    global_options,
    no_cache_option,
    repo_version_option,
    stage_option,
)
from catalog.model.quantity import quantity
from catalog.operations.build import BuildRequest, build, index_page
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.build import BuildResult


@click.command(
    epilog="""\b
Examples:
  catalog build
  catalog build --stage prod
  catalog build --registry-only --repo-version v1,v2
""",
)
@stage_option
@repo_version_option
@click.option("--registry-only", is_flag=True, help="Leave out the website.")
@click.option("--site-only", is_flag=True, help="Leave out the registry.")
@click.option("--keep-going", is_flag=True, help="Leave out extensions with errors instead of failing.")
@click.option("--no-history", is_flag=True, help="Leave catalog-history.json as it is.")
@no_cache_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build"),
    help="Folder to build in (default: build, in the workspace).",
)
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Build the registry and the website."""
    request = _request(options)
    console = context.console()
    result = build(context.open_workspace(), request, console)
    show(result, console)
    return result.exit_code


def _request(options: dict[str, Any]) -> BuildRequest:
    if options["registry_only"] and options["site_only"]:
        raise click.UsageError("--registry-only and --site-only leave nothing to build.")
    left_out = {"site"} if options["registry_only"] else {"registry"} if options["site_only"] else set()
    out = options["out"]
    return BuildRequest(
        out=out if out == Path("build") else out.resolve(),
        parts=frozenset({"registry", "site"} - left_out),
        stage=Stage(options["stage"]) if options["stage"] else None,
        versions=options["versions"],
        keep_going=options["keep_going"],
        use_cache=not options["no_cache"],
        record_history=not options["no_history"],
    )


def show(result: BuildResult, console: Console) -> None:
    """Print the findings, where the tree is, and how to use it."""
    if console.result(result):
        return
    console.findings(result.findings)
    if result.root is None:
        console.say(
            f"Nothing was built: {', '.join(result.left_out)} must be corrected first.",
            bold=True,
            color="red",
        )
        console.say("Leave out what is broken with: catalog build --keep-going")
        return
    if result.left_out:
        console.say(f"Left out because of errors: {', '.join(result.left_out)}", bold=True, color="yellow")
    kinds = {"app": result.apps, "service": result.services, "tool": result.tools}
    counts = [quantity(number, word) for word, number in kinds.items()]
    console.say(f"Built {', '.join(counts)} in {result.root}", bold=True, color="green")
    page = index_page(result)
    if page:
        console.say(f"\nOpen the website:\n  {page.as_uri()}")
    if result.has_registry:
        console.say("\nLet Kamiwaza read the registry from this machine (env.sh, then restart it):")
        console.say("  export KAMIWAZA_EXTENSION_STAGE=LOCAL")
        console.say(f'  export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{result.root.as_uri()}"')
