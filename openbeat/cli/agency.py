"""`openbeat agency draft`."""

from __future__ import annotations

from pathlib import Path

import click

from openbeat.cli.options import dry_run_option, workspace_option
from openbeat.errors import WrongSettings
from openbeat.release.shelf import SLUG
from openbeat.standards import standards
from openbeat.workspace import Workspace, open_workspace


@click.group()
def agency() -> None:
    """Write the settings of an agency.

    They say which records it has, and what its words mean.

    Exit status: 0 done, 1 something is wrong, 2 wrong use.
    """


@agency.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--as", "dataset", type=click.Choice(sorted(standards())), required=True, help="The dataset they hold."
)
@click.option("--table", help="The table of the dataset.  [default: the one that fits best]")
@click.option(
    "--slug", default="my_agency", show_default=True, help="The agency's short name, such as dallas_tx."
)
@workspace_option
@dry_run_option
def draft(
    files: tuple[Path, ...], dataset: str, table: str | None, slug: str, workspace: Path, dry_run: bool
) -> None:
    """Look at FILES and write a first agency.toml to be edited.

    Every guess is marked. An agency.toml that is there already is never overwritten.
    With --dry-run it is only printed.

    Exit status: 0 written, 1 the files cannot be read or one is there already, 2 wrong use.
    """
    from openbeat.mapping.draft import draft_agency

    if not SLUG.fullmatch(slug):
        raise click.BadParameter("use 1 to 64 of the signs a-z, 0-9 and _", param_hint="--slug")
    here = None if dry_run else open_workspace(workspace)
    text = draft_agency(list(files), standards()[dataset], table=table, slug=slug)
    if here is None:
        click.echo(text, nl=False)
        return
    path = write_draft(here, slug, text)
    click.echo(f"Wrote {path}. Go through every line marked `guess` or `decide`, then:")
    click.echo(f"  openbeat check {slug} --workspace {workspace} --records {files[0].parent}")


def write_draft(workspace: Workspace, slug: str, text: str) -> Path:
    """Writes a first agency.toml and returns its path; one that is there already stays as it is.

    Raises WrongSettings where there is one.
    """
    path = workspace.agencies / slug / "agency.toml"
    if path.exists():
        raise WrongSettings(
            "is there already",
            where=str(path),
            remedies=["see the draft only: --dry-run", "draft under another name: --slug NAME"],
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name("agency.toml.new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
    return path
