"""Starts the portal and says so once it really answers."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from openbeat.errors import WrongSettings
from openbeat.web.portal.settings import HOST, SHELF, SITE

PATIENCE = 60  # seconds until a server that does not answer is given up


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
    _must_be_free(host, port)
    os.environ |= {SHELF: str(shelf.resolve()), SITE: site, HOST: host}
    Thread(target=_wait, args=(host, port, ready), daemon=True).start()
    Granian(
        "openbeat.web.portal.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        log_level=LogLevels.warning,
    ).serve()


def _must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WrongSettings(
                f"cannot listen here: {error.strerror}",
                where=f"{host}:{port}",
                remedies=["choose another port", "stop the program that listens there"],
            ) from error


def _wait(host: str, port: int, ready: Callable[[str], None]) -> None:
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        connection = HTTPConnection(reached, port, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse()
            ready(f"http://{f'[{reached}]' if ':' in reached else reached}:{port}/")
            return
        except (OSError, HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
