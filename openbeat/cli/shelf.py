"""`openbeat verify`, `openbeat export` and `openbeat retract`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from openbeat.cli.options import FOLDER, dry_run_option, json_option, print_json, workspace_option
from openbeat.errors import ShelfFault
from openbeat.release.folder import write_folder
from openbeat.release.shelf import Manifest, Published, head_release, open_shelf, read_version
from openbeat.release.verify import verify as verify_shelf
from openbeat.release.withdrawal import retract as retract_version
from openbeat.workspace import open_workspace


@click.command()
@workspace_option
@json_option
def verify(workspace: Path, as_json: bool) -> None:
    """Prove that the shelf is what was published: every manifest chained, every file whole.

    Exit status: 0 everything is whole, 1 a fault was found (each is named), 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
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
@click.argument("dataset", metavar="AGENCY/DATASET")
@click.argument("folder", type=FOLDER)
@click.option("--version", type=int, help="Which version.  [default: the newest]")
@workspace_option
@dry_run_option
@json_option
def export(
    dataset: str, folder: Path, version: int | None, workspace: Path, dry_run: bool, as_json: bool
) -> None:
    """Write a release of AGENCY/DATASET to FOLDER, as files that need no openbeat.

    Exit status: 0 written, 1 there is no such release or it is damaged, 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    agency, _, key = dataset.partition("/")
    manifest: Manifest | None
    manifest = read_version(shelf, agency, key, version) if version else head_release(shelf, agency, key)
    if manifest is None:
        raise ShelfFault(
            "nothing is published", where=dataset, remedies=["see what is: openbeat list releases"]
        )
    if not dry_run:
        write_folder(shelf, manifest, folder)
    if as_json:
        print_json(
            {"dataset": dataset, "version": manifest.version, "folder": str(folder), "written": not dry_run}
        )
    else:
        click.echo(
            f"{'Would write' if dry_run else 'Wrote'} {dataset} version {manifest.version} to {folder}"
        )


@click.command()
@click.argument("dataset", metavar="AGENCY/DATASET")
@click.argument("version", type=int)
@click.option("--reason", required=True, help="Why; the public reads it.")
@click.option("--by", required=True, help="Who decided it.")
@click.option("--erase", is_flag=True, help="Delete its files too, where nothing else needs them.")
@workspace_option
@dry_run_option
@json_option
def retract(
    dataset: str,
    version: int,
    reason: str,
    by: str,
    erase: bool,
    workspace: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Withdraw VERSION of AGENCY/DATASET, with a public record that says why.

    Exit status: 0 withdrawn, 1 there is no such version, 2 wrong use.
    """
    shelf = open_shelf(open_workspace(workspace).shelf)
    agency, _, key = dataset.partition("/")
    read = read_version(shelf, agency, key, version)
    new = False
    if not dry_run:
        done = retract_version(
            shelf, agency, key, version=read.version, reason=reason, erase=erase, by=by, now=datetime.now(UTC)
        )
        new = isinstance(done, Published)
    if as_json:
        print_json({"dataset": dataset, "version": version, "withdrawn": new})
    else:
        click.echo(f"{'Would withdraw' if dry_run else 'Withdrew'} {dataset} version {version}: {reason}")
