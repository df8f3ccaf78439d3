"""`openbeat receive`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from wsgiref.types import WSGIApplication

import click

from openbeat.cli.options import PORT, workspace_option
from openbeat.disk import locked
from openbeat.errors import WrongSettings
from openbeat.sources.comport import DATASETS, Receiver
from openbeat.vault import open_vault, read_vault_key
from openbeat.workspace import Workspace, find_agency, open_workspace

USERNAME, PASSWORD = "COMPORT_USERNAME", "COMPORT_PASSWORD"  # as Comport's extractors read them
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
PATIENCE = 1  # seconds to wait for another receiver that is just ending


@click.command()
@click.option(
    "--from",
    "first",
    metavar="YYYY-MM",
    callback=lambda ctx, parameter, value: _month(value),
    help="The month to ask the extractor for, once; else it goes on where the last whole run began.",
)
@click.option(
    "--dataset",
    "expected",
    type=click.Choice(DATASETS),
    multiple=True,
    help="A dataset that the extractor sends; give all of them.  [default: all five]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8010, type=PORT, show_default=True, help="The port to listen on.")
@click.argument("name", metavar="AGENCY")
@workspace_option
def receive(
    name: str, first: str | None, expected: Sequence[str], host: str, port: int, workspace: Path
) -> None:
    """Take records from a Comport extractor, until Ctrl-C.

    They go into the agency's vault.

    For the inside of the agency, never for the public site. The extractor's name and password stand in
    COMPORT_USERNAME and COMPORT_PASSWORD; OPENBEAT_VAULT_KEY_FILE names the vault's key. When the extractor
    was last heard of stands in state/comport/AGENCY/contact.json.

    Exit status: 0 stopped, 1 cannot start, 2 wrong use.
    """
    from openbeat.web.receive.server import serve

    here = open_workspace(workspace)
    agency = find_agency(here, name)
    for variable in (USERNAME, PASSWORD):
        if not os.environ.get(variable):
            raise WrongSettings(
                "the environment has no name and password for the extractor",
                where=variable,
                remedies=[f"set {USERNAME} and {PASSWORD} to what the extractor has"],
            )
    if ":" in os.environ[USERNAME]:
        raise WrongSettings("has a colon", where=USERNAME, remedies=["HTTP needs a name without a colon"])
    open_vault(here.vault / agency.slug, read_vault_key(here.root))  # so that it is said here what is wrong
    state = here.root / "state" / "comport" / agency.slug
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_loopback(host):
        click.echo(
            f"Other machines may reach {host}, and passwords and records come in the clear: put a proxy with"
            " TLS in front, and let nothing else reach this port",
            err=True,
        )
    load = partial(_load, here, agency.slug, state / "contact.json", first, tuple(expected) or DATASETS)
    try:
        with locked(state, alone=True, patience=PATIENCE):
            serve(load, host, port, ready=_announce)
    except BlockingIOError:
        raise WrongSettings(
            "another openbeat receive is running for this agency",
            where=str(state),
            remedies=["stop it first"],
        ) from None


def _load(
    here: Workspace, slug: str, contact: Path, first: str | None, expected: Sequence[str]
) -> WSGIApplication:
    from openbeat.web.receive.application import Credentials, application

    vault = open_vault(here.vault / slug, read_vault_key(here.root))
    receiver = Receiver(vault, contact, first=first, expected=expected, say=_say)
    credentials = Credentials(username=os.environ[USERNAME], password=os.environ[PASSWORD])
    return application(receiver, credentials, say=_say)


def _say(line: str) -> None:
    click.echo(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}", err=True)


def _announce(address: str) -> None:
    click.echo(f"Extractors hand records in at {address}data/ (stop with Ctrl-C)")


def _month(value: str | None) -> str | None:
    if value is not None and not MONTH.fullmatch(value):
        raise click.BadParameter("write a month as 2016-05")
    if value is not None and value > f"{datetime.now():%Y-%m}":
        raise click.BadParameter("this month has not begun")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
