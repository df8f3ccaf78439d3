"""Every command, and the one place that turns an error into an exit."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from openbeat import __version__
from openbeat.cli.agency import agency
from openbeat.cli.demo import demo
from openbeat.cli.iapro import iapro
from openbeat.cli.lists import list_
from openbeat.cli.publish import check, publish
from openbeat.cli.receive import receive
from openbeat.cli.serve import serve
from openbeat.cli.shelf import export, retract, verify
from openbeat.cli.workspace import new
from openbeat.errors import OpenBeatError


class _Commands(click.Group):
    """The commands; whatever one of them raises becomes a sentence and an exit status here."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OpenBeatError as error:
            said = str(error)
        except BrokenPipeError:  # whoever read the output has seen enough; click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            said = f"{where}the file system refused: {error.strerror or type(error).__name__}"
        except KeyboardInterrupt:
            said = "stopped. Nothing is half-written; the same command goes on"
        click.echo(f"openbeat: {said}", err=True)
        raise click.exceptions.Exit(1)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
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


for command in (new, agency, iapro, check, publish, verify, list_, export, retract, receive, serve, demo):
    cli.add_command(command)


def main() -> None:
    """Runs the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a terminal that cannot show a sign shows its number
    cli()
