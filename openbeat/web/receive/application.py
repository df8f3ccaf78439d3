"""The HTTP of Comport's protocol, as a WSGI application. What is handed in goes on unread."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from openbeat.errors import OpenBeatError, RefusedDelivery

LARGEST = 8 * 2**20  # bytes of a body; a hundred rows take some 100,000
HEARD_OUT = 16 * LARGEST  # a larger one is read to its end as well: many clients hear no reply before that
BLOCK = 1 << 16  # bytes
REALM = ("WWW-Authenticate", 'Basic realm="records", charset="UTF-8"')


class Receiver(Protocol):
    """Who takes what is handed in. Raises RefusedDelivery for what cannot be taken."""

    def heartbeat(self, body: bytes) -> Mapping[str, Any]: ...

    def deliver(self, dataset: str, body: bytes) -> Mapping[str, Any]: ...

    def missed(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The one name and password that may hand in."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    def match(self, header: str) -> bool:
        """Whether an Authorization header has them; takes as long whether it does or not."""
        scheme, _, encoded = header.partition(" ")
        try:
            given = b64decode(encoded.strip(), validate=True)
        except ValueError:
            given = b""
        wanted = f"{self.username}:{self.password}".encode()
        same = hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())
        return same and scheme.lower() == "basic"


@dataclass(frozen=True, kw_only=True)
class _Reply:
    status: HTTPStatus
    body: Mapping[str, Any] | str
    headers: tuple[tuple[str, str], ...] = ()


def application(
    receiver: Receiver, credentials: Credentials, *, say: Callable[[str], None]
) -> WSGIApplication:
    """POST /data/heartbeat and /data/<dataset> for whoever knows the credentials, and GET /health for all.

    400  what was handed in is not the protocol's, and nothing of it was kept; 413 it is too large
    503  it could not be kept, and should be handed in again
    `say` is told of trouble, in words without anything that was handed in.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = _reply(environ, receiver, credentials)
        except RefusedDelivery as error:
            reply = _Reply(status=HTTPStatus.BAD_REQUEST, body=f"{error.where}: {error.problem}")
        except OpenBeatError as error:
            say(f"not kept: {error}")
            reply = _NOT_KEPT
        except Exception as error:
            say(f"not kept: {type(error).__name__}")  # its words may be those of a row
            reply = _NOT_KEPT
        if isinstance(reply.body, str):
            kind, body = "text/plain; charset=utf-8", reply.body.encode()
        else:
            kind, body = "application/json", json.dumps(reply.body).encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response(f"{reply.status.value} {reply.status.phrase}", [*headers, *reply.headers])
        return [body]

    return serve


_NOT_KEPT = _Reply(status=HTTPStatus.SERVICE_UNAVAILABLE, body="Nothing of it was kept. Hand it in again.")


def _reply(environ: WSGIEnvironment, receiver: Receiver, credentials: Credentials) -> _Reply:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path == "/health" and method == "GET":
        return _Reply(status=HTTPStatus.OK, body="ok")
    above, _, name = path.rpartition("/")
    if above != "/data":
        return _Reply(status=HTTPStatus.NOT_FOUND, body="There is only /data/…")
    if not credentials.match(environ.get("HTTP_AUTHORIZATION", "")):
        return _Reply(
            status=HTTPStatus.UNAUTHORIZED, body="Extractor authorization failed!", headers=(REALM,)
        )
    if method != "POST":
        return _Reply(
            status=HTTPStatus.METHOD_NOT_ALLOWED, body="Records are POSTed.", headers=(("Allow", "POST"),)
        )
    # A page in somebody's browser can send a form with the browser's password, but not JSON.
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        receiver.missed()
        return _Reply(status=HTTPStatus.BAD_REQUEST, body="The body must be sent as application/json.")
    try:
        body = _body(environ)
    except Exception:
        receiver.missed()
        raise
    if body is None:
        receiver.missed()
        return _Reply(
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body=f"At most {LARGEST} bytes may come at once."
        )
    if len(body) < _length(environ):
        receiver.missed()
        return _Reply(status=HTTPStatus.BAD_REQUEST, body="The body ended early.")
    taken = receiver.heartbeat(body) if name == "heartbeat" else receiver.deliver(name, body)
    return _Reply(status=HTTPStatus.OK, body=taken)


def _length(environ: WSGIEnvironment) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _body(environ: WSGIEnvironment) -> bytes | None:
    stream: BinaryIO = environ["wsgi.input"]
    found, size = bytearray(), 0
    while size <= HEARD_OUT and (block := stream.read(BLOCK)):
        size += len(block)
        if size <= LARGEST:
            found += block
    return bytes(found) if size <= LARGEST else None
