"""Starts the portal and says so once it really answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from openbeat.errors import WrongSettings
from openbeat.web.listening import must_be_free, tell_once_answering
from openbeat.web.portal.settings import HOST, SHELF, SITE


def announce(address: str) -> None:
    """Tells the person at the terminal where the portal is."""
    click.echo(f"The portal is at {address} (stop it with Ctrl-C)")


def serve(shelf: Path, host: str, port: int, site: str, *, ready: Callable[[str], None] = announce) -> None:
    """The portal of the releases on `shelf`, at host and port, until it is stopped.

    `site` is the address that the public knows it by; `ready` is told the address once pages come.
    Raises WrongSettings where there is no shelf, or somebody else listens there.
    """
    if not (shelf / "manifests").is_dir():
        raise WrongSettings(
            "there is no shelf of releases here",
            where=str(shelf),
            remedies=["name the folder that releases were published to", "publish a first release"],
        )
    must_be_free(host, port)
    os.environ |= {SHELF: str(shelf.resolve()), SITE: site, HOST: host}
    tell_once_answering(host, port, ready)
    Granian(
        "openbeat.web.portal.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        log_level=LogLevels.warning,
    ).serve()
