"""`openbeat new`."""

from __future__ import annotations

from pathlib import Path

import click

from openbeat.cli.options import FOLDER, dry_run_option, json_option, print_json
from openbeat.release.shelf import open_shelf
from openbeat.workspace import new_workspace


@click.command()
@click.argument("folder", type=FOLDER)
@dry_run_option
@json_option
def new(folder: Path, dry_run: bool, as_json: bool) -> None:
    """Make a workspace at FOLDER.

    It holds settings, a place for agencies, and an empty shelf. What is there already stays as it is.

    Exit status: 0 made, 1 cannot be made, 2 wrong use.
    """
    if not dry_run:
        open_shelf(new_workspace(folder).shelf)
    if as_json:
        print_json({"workspace": str(folder), "made": not dry_run})
        return
    click.echo(f"{'Would make' if dry_run else 'Made'} the workspace {folder}. Next:")
    click.echo(
        "  1. make a key outside of it:    "
        "(umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > FILE)"
    )
    click.echo("                                  export OPENBEAT_KEY_FILE=FILE")
    click.echo(
        "  2. write a first agency.toml:   "
        f"openbeat agency draft FILES… --as stops --slug my_city --workspace {folder}"
    )
    click.echo(
        f"  3. look what would happen:      openbeat check my_city --workspace {folder} --records FOLDER"
    )
    click.echo(
        f"  4. publish:                     openbeat publish my_city --workspace {folder} --records FOLDER"
    )
