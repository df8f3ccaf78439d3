"""The server: a thread for each client, a read-only SQLite connection for each thread."""

from __future__ import annotations

import ipaddress
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from openbeat.errors import WrongSettings
from openbeat.synth.tds import tokens
from openbeat.synth.tds.catalog import CATALOG
from openbeat.synth.tds.database import equip, open_database
from openbeat.synth.tds.login import Asked, Login, admit, prelogin, read_login, turned_away, welcome
from openbeat.synth.tds.session import Session, answer
from openbeat.synth.tds.tokens import CANCELLED, Refusal
from openbeat.synth.tds.wire import ATTENTION, LOGIN, PRELOGIN, Wire, is_interrupted, receive, send

STEPS = 50_000  # of SQLite between two looks at whether the client still waits
STOPPED = tokens.done(status=CANCELLED)
READING, WRITING = ("CONNECT", "SELECT"), ("INSERT", "UPDATE", "DELETE", "EXECUTE")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement as a client sent it, with its parameters as `@name` and value."""

    text: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class TdsServer:
    """Where the server listens, its database, and every statement that it was sent, in order."""

    host: str
    port: int
    name: str = CATALOG
    statements: list[Statement] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _House:
    database: Path
    schema: str
    login: Login
    record: Callable[[str, Mapping[str, object]], None]
    cut: Callable[[int], bool] | None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    open: set[socket.socket] = field(default_factory=set)


@contextmanager
def serve_tds(
    database: Path,
    *,
    schema: str = "IA_ADM",
    login: Login,
    host: str = "127.0.0.1",
    port: int = 0,
    record: Callable[[str], None] | None = None,
    cut: Callable[[int], bool] | None = None,
) -> Iterator[TdsServer]:
    """Serve a SQLite file, read only, as SQL Server would serve the database IADATA, until the block ends.

    For this machine only: there is no encryption, so any address but a loopback one is refused.

    schema      what the tables of the file are qualified with; they can also be named without it
    port        0 takes a free one, which the TdsServer names
    record      called with the text of every statement before it runs; from several threads
    cut         asked before the n-th packet that the server sends (from 1, over all connections); True ends
                the connection in the middle of that packet: with a reset for odd n, plainly for even n
    Raises      UnreadableSource where the file is no SQLite database, WrongSettings for another address
    Source      MS-TDS, Tabular Data Stream Protocol, 7.3 and 7.4
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise WrongSettings(
            f"{host} is not an address of this machine alone, and nothing sent here is encrypted",
            where="serve_tds",
            remedies=["use 127.0.0.1 or ::1"],
        )
    statements: list[Statement] = []

    def keep(text: str, parameters: Mapping[str, object]) -> None:
        statements.append(Statement(text=text, parameters=parameters))
        if record:
            record(text)

    house = _House(database=database, schema=schema, login=login, record=keep, cut=cut)
    open_database(database, schema).close()  # to fail here rather than at the first client
    server = _listen(house, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield TdsServer(host=host, port=int(server.server_address[1]), statements=statements)
    finally:
        server.shutdown()
        for one in list(house.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join()


def _listen(house: _House, host: str, port: int) -> socketserver.ThreadingTCPServer:
    class Listener(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        allow_reuse_address = True

        def verify_request(self, request: object, client_address: object) -> bool:
            assert isinstance(request, socket.socket)
            house.open.add(request)
            return True

        def finish_request(self, request: object, client_address: object) -> None:
            assert isinstance(request, socket.socket)
            _converse(house, request)

        def shutdown_request(self, request: object) -> None:
            assert isinstance(request, socket.socket)
            request.close()  # without the goodbye that would undo a cut

    return Listener((host, port), socketserver.BaseRequestHandler)


def _converse(house: _House, client: socket.socket) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire = Wire(socket=client, numbers=house.numbers, cut=house.cut)
    try:
        asked = _greet(house, wire)
        if asked is None:
            return
        with closing(open_database(house.database, house.schema)) as connection:
            connection.set_progress_handler(lambda: is_interrupted(client), STEPS)
            permissions = READING + (WRITING if house.login.may_write else ())
            session = Session(
                connection=connection,
                catalog=equip(connection, schema=house.schema, user=asked.user, permissions=permissions),
                may_write=house.login.may_write,
                record=house.record,
            )
            while message := receive(wire):
                kind, body = message
                if kind == ATTENTION:  # came when the answer had already gone
                    send(wire, [STOPPED], cancelled=STOPPED)
                    continue
                with closing(answer(session, kind, body)) as parts:
                    send(wire, parts, cancelled=STOPPED)
    except OSError:  # the client has gone, or was cut off
        return
    finally:
        house.open.discard(client)


def _greet(house: _House, wire: Wire) -> Asked | None:
    """Let the client in, or not."""
    while message := receive(wire):
        kind, body = message
        if kind == PRELOGIN:
            send(wire, [prelogin()], cancelled=b"")
        elif kind == LOGIN:
            try:
                asked = read_login(body)
            except struct.error:
                return None
            try:
                admit(house.login, asked)
            except Refusal as refusal:
                send(wire, [turned_away(refusal, asked.user)], cancelled=b"")
                return None
            send(wire, [welcome(asked, wire.size)], cancelled=b"")
            wire.size = asked.size
            return asked
        else:
            return None
    return None
