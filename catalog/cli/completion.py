"""`catalog completion`: prints the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from catalog.cli.options import Context, global_options


@click.command(
    epilog="""\b
Examples:
  eval "$(catalog completion bash)"
  catalog completion zsh > ~/.zfunc/_catalog
""",
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@global_options
@click.pass_obj
def command(context: Context, shell: str) -> None:
    """Print the completion script of a shell."""
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    from catalog.cli.app import group  # noqa: PLC0415  # the group imports this module

    script = completion(group, {}, "catalog", "_CATALOG_COMPLETE").source()
    context.console().say(script)
