"""Messages over a socket: TDS splits each into packets with a header of eight bytes.

Source: MS-TDS 2.2.3 (packets), 2.2.1.7 (attention).
"""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

HEADER = struct.Struct(">BBHHBB")  # type, status, length, process, number, window
BATCH, RPC, REPLY, ATTENTION, TRANSACTION, LOGIN, PRELOGIN = 1, 3, 4, 6, 14, 16, 18
END_OF_MESSAGE = 1
LARGEST = 1 << 26  # bytes of one message from a client


@dataclass(kw_only=True)
class Wire:
    """One client's socket, the packet size agreed with it, and whether to cut it before a packet."""

    socket: socket.socket
    numbers: Iterator[int]  # of packets, counted over all connections of the server
    cut: Callable[[int], bool] | None
    size: int = 4096


def receive(wire: Wire) -> tuple[int, bytes] | None:
    """Type and body of the next message; None where the client has gone."""
    body = bytearray()
    while True:
        header = _exactly(wire.socket, HEADER.size)
        if header is None:
            return None
        kind, status, length, *_ = HEADER.unpack(header)
        if length < HEADER.size or len(body) > LARGEST:
            return None
        part = _exactly(wire.socket, length - HEADER.size)
        if part is None:
            return None
        body += part
        if status & END_OF_MESSAGE:
            return kind, bytes(body)


def send(wire: Wire, parts: Iterable[bytes], *, cancelled: bytes) -> None:
    """Send whole tokens as one message, as they come; stop with `cancelled` where the client asks to."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) <= wire.size:
            continue
        if is_interrupted(wire.socket):
            if receive(wire) is None:
                raise ConnectionAbortedError
            waiting += cancelled
            break
        _packets(wire, waiting)
    _packets(wire, waiting)
    _packet(wire, bytes(waiting), END_OF_MESSAGE)


def _packets(wire: Wire, waiting: bytearray) -> None:
    room = wire.size - HEADER.size
    while len(waiting) > room:
        _packet(wire, bytes(waiting[:room]), 0)
        del waiting[:room]


def _packet(wire: Wire, body: bytes, status: int) -> None:
    number = next(wire.numbers)
    packet = HEADER.pack(REPLY, status, HEADER.size + len(body), 0, number & 0xFF, 0) + body
    if wire.cut is None or not wire.cut(number):
        wire.socket.sendall(packet)
        return
    wire.socket.sendall(packet[: len(packet) // 2])
    if number % 2:  # by turns a reset, as from a firewall, and an end in the middle, as from a crash
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError


def is_interrupted(connection: socket.socket) -> bool:
    """Whether the client has gone, or wants no more of the answer that it waits for."""
    if not select.select([connection], [], [], 0)[0]:
        return False
    kind = connection.recv(1, socket.MSG_PEEK)
    return not kind or kind[0] == ATTENTION


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            return None
        found += part
    return bytes(found)
