"""`openbeat list`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from openbeat.agency import load_agency
from openbeat.checks import checks
from openbeat.cli.options import json_option, print_json, workspace_option
from openbeat.release.documents import documents
from openbeat.release.formats import row_formats
from openbeat.release.shelf import Manifest, datasets, head_release, open_shelf
from openbeat.sources import formats
from openbeat.standards import code_lists, standards
from openbeat.stats import statistics
from openbeat.workspace import open_workspace

Rows = list[tuple[str, str]]


def _standards(_: Path) -> Rows:
    return [(key, f"{one.title.en}: {', '.join(one.tables)}") for key, one in standards().items()]


def _codes(_: Path) -> Rows:
    return [(key, f"{one.title.en}: {len(one.codes)} codes") for key, one in code_lists().items()]


def _agencies(workspace: Path) -> Rows:
    paths = sorted(open_workspace(workspace).agencies.glob("*/agency.toml"))
    return [(one.slug, f"{one.name}: {', '.join(one.datasets)}") for one in map(load_agency, paths)]


def _releases(workspace: Path) -> Rows:
    shelf = open_shelf(open_workspace(workspace).shelf)
    heads = {name: head_release(shelf, *name) for name in datasets(shelf)}
    return [("/".join(name), _stands(head)) for name, head in heads.items()]


def _stands(head: Manifest | None) -> str:
    if head is None:
        return "every version was withdrawn"
    return f"version {head.version}, {sum(table['rows'] for table in head.body['tables'].values()):,} rows"


ROOMS: Mapping[str, Callable[[Path], Rows]] = {
    "standards": _standards,
    "codes": _codes,
    "sources": lambda _: [(key, one.title) for key, one in formats().items()],
    "checks": lambda _: [(key, f"{one.level}  {one.about.en}") for key, one in checks().items()],
    "statistics": lambda _: [(key, one.title.en) for key, one in statistics().items()],
    "documents": lambda _: [(key, one.name) for key, one in documents().items()],
    "formats": lambda _: [(key, one.media_type) for key, one in row_formats().items()],
    "agencies": _agencies,
    "releases": _releases,
}


@click.command("list")
@click.argument("room", metavar="ROOM", type=click.Choice(list(ROOMS)))
@workspace_option
@json_option
def list_(room: str, workspace: Path, as_json: bool) -> None:
    """Show what there is: dataset types, checks, agencies, releases …

    ROOM is one of standards, codes, sources, checks, statistics, documents, formats, agencies, releases.

    Exit status: 0 shown, 1 the workspace cannot be read, 2 wrong use.
    """
    rows: Any = ROOMS[room](workspace)
    if as_json:
        print_json([{"key": key, "says": says} for key, says in rows])
        return
    if not rows:
        click.echo(f"There are no {room} yet.", err=True)
    width = max((len(key) for key, _ in rows), default=0)
    for key, says in rows:
        click.echo(f"{key:<{width}}  {says}")
