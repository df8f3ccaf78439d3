"""Whether an address is free to listen on, and when somebody answers there."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from threading import Thread

from openbeat.errors import WrongSettings

PATIENCE = 60  # seconds until a server that does not answer is given up


def must_be_free(host: str, port: int) -> None:
    """Raises WrongSettings where nobody can listen at host and port, or somebody does already."""
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


def tell_once_answering(host: str, port: int, ready: Callable[[str], None]) -> None:
    """Tells `ready` the address once its /health answers, from a thread of its own."""
    Thread(target=_wait, args=(host, port, ready), daemon=True).start()


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
