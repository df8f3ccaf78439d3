"""Options that several commands share, and how they show progress and results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

FOLDER = click.Path(file_okay=False, path_type=Path)

workspace_option = click.option(
    "--workspace",
    type=FOLDER,
    default=Path(),
    show_default="the current folder",
    help="The workspace to work in.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")


def print_json(value: Any) -> None:
    """The value as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


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
