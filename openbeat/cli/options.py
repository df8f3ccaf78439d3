"""Options that several commands share, and how they show progress and results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from openbeat.release.shelf import SLUG

FOLDER = click.Path(file_okay=False, path_type=Path)
PORT = click.IntRange(1, 65535)

workspace_option = click.option(
    "--workspace",
    type=FOLDER,
    default=Path(),
    show_default="the current folder",
    help="The workspace to work in.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
dataset_argument = click.argument(
    "dataset", metavar="AGENCY/DATASET", callback=lambda ctx, parameter, value: _two_names(value)
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")


def _two_names(value: str) -> tuple[str, str]:
    agency, _, dataset = value.partition("/")
    if not (SLUG.fullmatch(agency) and SLUG.fullmatch(dataset)):
        raise click.BadParameter(
            f"{value!r} is not of the form AGENCY/DATASET, such as dallas_tx/stops. What there is:"
            " openbeat list releases"
        )
    return agency, dataset


def print_json(value: Any) -> None:
    """The value as JSON on standard output; in ASCII, which every pipe and terminal can carry."""
    click.echo(json.dumps(value, indent=2, default=str))


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Shows on standard error which step is running; a plain line a step where there is no terminal."""
    console = Console(stderr=True)
    if quiet:
        yield lambda step: None
    elif console.is_terminal:
        with console.status(what) as status:
            yield lambda step: status.update(f"{what}: {step}")
    else:
        yield lambda step: console.print(f"{what}: {step}", highlight=False, soft_wrap=True)
