"""`openbeat serve`."""

from __future__ import annotations

from pathlib import Path

import click

from openbeat.cli.options import PORT, workspace_option
from openbeat.workspace import open_workspace


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, type=PORT, show_default=True, help="The port to listen on.")
@workspace_option
def serve(host: str, port: int, workspace: Path) -> None:
    """Show the releases in a portal, until Ctrl-C.

    It reads the shelf and nothing else.

    Exit status: 0 stopped, 1 cannot start, 2 wrong use.
    """
    from openbeat.web.portal.server import serve as serve_portal

    here = open_workspace(workspace)
    serve_portal(here.shelf, host=host, port=port, site=here.site)
