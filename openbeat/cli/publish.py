"""`openbeat check` and `openbeat publish`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from openbeat.agency import Agency, Dataset
from openbeat.cli.iapro import print_pulled, pull_agency
from openbeat.cli.options import FOLDER, dry_run_option, json_option, print_json, progress, workspace_option
from openbeat.errors import WrongSettings
from openbeat.protect import read_key
from openbeat.release.pipeline import Outcome, run_dataset
from openbeat.stages import Crossword
from openbeat.workspace import Workspace, find_agency, open_workspace

LEVELS = {"B": "blocks", "W": "warns", "S": "scores"}
SHOWN_WORDS = 3

records_option = click.option("--records", type=FOLDER, help="The folder that agency.toml's files lie in.")
dataset_option = click.option(
    "--dataset", "wanted", multiple=True, help="Only this dataset; may be repeated."
)
held_option = click.option(
    "--held", "as_held", is_flag=True, help="Take IAPro's records as the vault holds them; do not read anew."
)


@click.command()
@click.argument("agencies", metavar="AGENCY…", nargs=-1, required=True)
@dataset_option
@records_option
@held_option
@workspace_option
@json_option
def check(
    agencies: tuple[str, ...],
    wanted: tuple[str, ...],
    records: Path | None,
    as_held: bool,
    workspace: Path,
    as_json: bool,
) -> None:
    """Check the records of an agency, and publish nothing.

    They go all the way, through mapping, checks and protection; from IAPro, into the vault first.
    AGENCY is a name in the workspace, or the folder that holds an agency.toml.

    Exit status: 0 nothing blocks, 1 something blocks publication, 2 wrong use.
    """
    sys.exit(_run(workspace, agencies, wanted, records, only_check=True, as_held=as_held, as_json=as_json))


@click.command()
@click.argument("agencies", metavar="AGENCY…", nargs=-1, required=True)
@dataset_option
@records_option
@held_option
@workspace_option
@dry_run_option
@json_option
def publish(
    agencies: tuple[str, ...],
    wanted: tuple[str, ...],
    records: Path | None,
    as_held: bool,
    workspace: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish what is new of an agency.

    Records that have not changed publish nothing. What is new in IAPro is read into the vault first, but not
    with --dry-run. AGENCY is a name in the workspace, or the folder that
    holds an agency.toml. The environment variable OPENBEAT_KEY_FILE names the key file.

    Exit status: 0 published or nothing new, 1 nothing published because of an error or a blocking check,
    2 wrong use.
    """
    as_held = as_held or dry_run
    sys.exit(_run(workspace, agencies, wanted, records, only_check=dry_run, as_held=as_held, as_json=as_json))


def _run(
    folder: Path,
    names: tuple[str, ...],
    wanted: tuple[str, ...],
    records: Path | None,
    *,
    only_check: bool,
    as_held: bool,
    as_json: bool,
) -> bool:
    """Runs each dataset and prints what it came to, whatever follows; whether something blocks."""
    workspace = open_workspace(folder)
    agencies = [find_agency(workspace, name) for name in names]
    if not as_held:
        for agency in agencies:
            _pull(workspace, agency, wanted, quiet=as_json)
    todo = [(agency, dataset) for agency in agencies for dataset in _datasets(agency, wanted)]
    key = read_key(workspace.root)
    outcomes: list[Outcome] = []
    try:
        for agency, dataset in todo:
            outcome = _run_one(workspace, agency, dataset, records, key, only_check=only_check, quiet=as_json)
            outcomes.append(outcome)
            if not as_json:
                print_outcome(outcome)
    finally:
        if as_json:
            print_json([_as_json(outcome) for outcome in outcomes])
    return any(finding.blocks for outcome in outcomes for finding in outcome.findings)


def _run_one(
    workspace: Workspace,
    agency: Agency,
    dataset: Dataset,
    records: Path | None,
    key: Any,
    *,
    only_check: bool,
    quiet: bool,
) -> Outcome:
    with progress(f"{agency.slug}/{dataset.key}", quiet=quiet) as step:
        return run_dataset(
            workspace,
            agency,
            dataset,
            key,
            now=datetime.now(UTC),
            records=records,
            only_check=only_check,
            progress=step,
        )


def _pull(workspace: Workspace, agency: Agency, wanted: tuple[str, ...], *, quiet: bool) -> None:
    """Brings the vault up to date where one of the datasets comes from the agency's IAPro."""
    tables = [table for dataset in _datasets(agency, wanted) for table in dataset.tables.values()]
    if agency.iapro is None or not agency.iapro.database or all(table.vault != "iapro" for table in tables):
        return
    with progress(f"{agency.slug}/iapro", quiet=quiet) as step:
        pulled = pull_agency(workspace, agency, step=step)
    if not quiet:
        print_pulled(pulled)


def _datasets(agency: Agency, wanted: tuple[str, ...]) -> list[Dataset]:
    if unknown := [one for one in wanted if one not in agency.datasets]:
        raise WrongSettings(
            f"has no dataset {unknown[0]!r}",
            where=f"{agency.slug}/agency.toml",
            remedies=[f"name one of {', '.join(agency.datasets)}"],
        )
    return [one for key, one in agency.datasets.items() if not wanted or key in wanted]


def print_outcome(outcome: Outcome) -> None:
    """The account, the changes and the findings of one run, for a person."""
    release = outcome.release
    if release is None:
        state = "checked; nothing was published"
    elif release.new:
        state = f"published version {release.version}"
    else:
        state = f"nothing new; version {release.version} stands"
    click.echo(f"\n{outcome.agency}/{outcome.dataset}: {state}")
    for name, staged in outcome.tables.items():
        account = staged.account
        made = f" + {account.unpacked:,} unpacked" if account.unpacked else ""
        withheld, refused = sum(account.withheld.values()), sum(account.refused.values())
        click.echo(
            f"  {name}: {account.read:,} rows read{made} = {account.published:,} published"
            f" + {withheld:,} withheld + {refused:,} refused"
        )
        for what, reasons in (
            ("withheld", account.withheld),
            ("refused", account.refused),
            ("with less detail", account.coarsened),
        ):
            for reason, rows in reasons.items():
                click.echo(f"      {rows:,} {what}: {reason}")
        for problem in staged.problems:
            click.echo(f"      {problem.count:,} × {problem.where}: {problem.kind}")
        for column, reason in staged.ignored_columns.items():
            click.echo(f"      column {column!r} left out: {reason}")
        _print_ignored(staged.crosswords)
    if release is not None and release.new:
        changes = release.manifest["changes"]
        click.echo(
            f"  {changes['added']:,} rows added, {changes['changed']:,} changed,"
            f" {changes['withdrawn']:,} withdrawn"
        )
    for finding in sorted(outcome.findings, key=lambda one: not one.blocks):
        told = f" (accepted: {finding.accepted})" if finding.accepted else ""
        click.echo(f"  {finding.check} {LEVELS[finding.level]}: {finding.says.en}{told}")


def _print_ignored(crosswords: Iterable[Crossword]) -> None:
    """Ignored words by field and reason; every one of them is in --json and in the release's words.csv."""
    groups: dict[tuple[str, str], list[Crossword]] = {}
    for one in crosswords:
        if one.reason:
            groups.setdefault((one.field, one.reason), []).append(one)
    for (field, reason), ignored in groups.items():
        often = sorted(ignored, key=lambda one: -one.rows)
        shown = ", ".join(repr(one.word) for one in often[:SHOWN_WORDS])
        more = f" and {len(often) - SHOWN_WORDS:,} more" if len(often) > SHOWN_WORDS else ""
        rows, s = sum(one.rows for one in often), "s" if len(often) > 1 else ""
        click.echo(f"      {rows:,} × {field}: {len(often):,} word{s} ignored ({shown}{more}): {reason}")


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "agency": outcome.agency,
        "dataset": outcome.dataset,
        "version": outcome.release.version if outcome.release else None,
        "new": outcome.release.new if outcome.release else False,
        "tables": {
            name: asdict(staged.account)
            | {
                "adds_up": staged.account.adds_up,
                "problems": [asdict(one) for one in staged.problems],
                "ignored_columns": dict(staged.ignored_columns),
                "ignored_words": [asdict(one) for one in staged.crosswords if one.reason],
            }
            for name, staged in outcome.tables.items()
        },
        "findings": [asdict(finding) for finding in outcome.findings],
    }
