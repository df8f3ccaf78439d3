"""Starts the place where records are handed in."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from openbeat.web.listening import must_be_free, tell_once_answering


def serve(load: Callable[[], WSGIApplication], host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """The application that `load` makes, at host and port, until it is stopped.

    `load` is called in the process that serves; `ready` is told the address once it answers.
    Raises WrongSettings where somebody else listens there already.
    """
    must_be_free(host, port)
    tell_once_answering(host, port, ready)
    Granian(
        "records",  # a name for the logs: `load` says what is served
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # there is one book of what came
        blocking_threads=4,
        log_level=LogLevels.warning,
    ).serve(target_loader=load, wrap_loader=False)
