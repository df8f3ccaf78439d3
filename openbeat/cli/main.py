"""Every command, and the one place that turns an error into an exit."""

from __future__ import annotations

import sys

import click

from openbeat import __version__
from openbeat.cli.agency import agency
from openbeat.cli.demo import demo
from openbeat.cli.lists import list_
from openbeat.cli.publish import check, publish
from openbeat.cli.serve import serve
from openbeat.cli.shelf import export, retract, verify
from openbeat.cli.workspace import new
from openbeat.errors import OpenBeatError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="openbeat")
def cli() -> None:
    """Open police data that people can trust: from an agency's records to a verified release.

    First steps:  openbeat new DIR · openbeat agency draft FILES… --as stops · openbeat check AGENCY ·
    openbeat publish AGENCY · openbeat serve

    \b
    Exit status of every command:
      0  done, and nothing is wrong
      1  something is wrong with the data, the settings or the shelf; it is said where, and what to do
      2  the command was used wrongly
    """


for command in (new, agency, check, publish, verify, list_, export, retract, serve, demo):
    cli.add_command(command)


def main() -> None:
    """Runs the command line."""
    try:
        cli()
    except OpenBeatError as error:
        click.echo(f"openbeat: {error}", err=True)
        sys.exit(1)
