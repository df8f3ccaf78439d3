"""`openbeat verify`, `openbeat export` and `openbeat retract`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from openbeat.cli.options import (
    FOLDER,
    dataset_argument,
    dry_run_option,
    json_option,
    print_json,
    workspace_option,
)
from openbeat.errors import ShelfFault
from openbeat.release.folder import write_folder
from openbeat.release.shelf import Published, head_release, open_shelf, read_version
from openbeat.release.verify import verify as verify_shelf
from openbeat.release.withdrawal import must_be_retractable
from openbeat.release.withdrawal import retract as retract_version
from openbeat.workspace import open_workspace


@click.command()
@workspace_option
@json_option
def verify(workspace: Path, as_json: bool) -> None:
    """Prove that the shelf is what was published.

    Every manifest is chained to the one before, and every file has the hash that its name says.

    Exit status: 0 everything is whole, 1 a fault was found (each is named), 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as bar:
        task = bar.add_task("verifying")
        report = verify_shelf(shelf, progress=lambda done, of: bar.update(task, completed=done, total=of))
    if as_json:
        print_json(asdict(report))
    else:
        for fault in report.faults:
            click.echo(f"{fault.where}: {fault.what}\n  - {fault.remedy}")
        for note in report.notes:
            click.echo(f"note: {note}")
        click.echo(
            f"{report.datasets} datasets, {report.manifests} manifests, {report.objects} files"
            f" ({report.bytes:,} bytes): {len(report.faults)} faults"
        )
    sys.exit(0 if report.clean else 1)


@click.command()
@dataset_argument
@click.argument("folder", type=FOLDER)
@click.option("--version", type=click.IntRange(min=1), help="Which version.  [default: the newest]")
@workspace_option
@dry_run_option
@json_option
def export(
    dataset: tuple[str, str],
    folder: Path,
    version: int | None,
    workspace: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write a release to FOLDER, as files that need no openbeat.

    Exit status: 0 written, 1 there is no such release or it is damaged, 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    name = "/".join(dataset)
    manifest = head_release(shelf, *dataset) if version is None else read_version(shelf, *dataset, version)
    if manifest is None:
        raise ShelfFault("nothing is published", where=name, remedies=["see what is: openbeat list releases"])
    if manifest.retracts is not None:
        raise ShelfFault(
            f"this is no release: it withdraws version {manifest.retracts}",
            where=f"{name} version {version}",
            remedies=["leave --version out, for the newest release"],
        )
    if not dry_run:
        write_folder(shelf, manifest, folder)
    if as_json:
        print_json(
            {"dataset": name, "version": manifest.version, "folder": str(folder), "written": not dry_run}
        )
    else:
        click.echo(f"{'Would write' if dry_run else 'Wrote'} {name} version {manifest.version} to {folder}")


@click.command()
@dataset_argument
@click.argument("version", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; the public reads it.")
@click.option("--by", required=True, help="Who decided it.")
@click.option("--erase", is_flag=True, help="Delete its files too, where nothing else needs them.")
@workspace_option
@dry_run_option
@json_option
def retract(
    dataset: tuple[str, str],
    version: int,
    reason: str,
    by: str,
    erase: bool,
    workspace: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Withdraw VERSION, with a public record that says why.

    Doing it again changes nothing, but for --erase, which can follow later.

    Exit status: 0 withdrawn, now or before, 1 there is no such version, 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    must_be_retractable(shelf, *dataset, version=version, reason=reason, by=by)
    new = False
    if not dry_run:
        done = retract_version(
            shelf, *dataset, version=version, reason=reason, erase=erase, by=by, now=datetime.now(UTC)
        )
        new = isinstance(done, Published)
    name = "/".join(dataset)
    if as_json:
        print_json({"dataset": name, "version": version, "withdrawn": new})
    elif dry_run or new:
        click.echo(f"{'Would withdraw' if dry_run else 'Withdrew'} {name} version {version}: {reason}")
    else:
        click.echo(f"{name} version {version} was withdrawn before; nothing changed")
