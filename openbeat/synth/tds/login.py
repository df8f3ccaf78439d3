"""What a client says before its first statement, and the answers. Source: MS-TDS 2.2.6.4, 2.2.6.5."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hmac import compare_digest

from openbeat.synth.tds import tokens
from openbeat.synth.tds.catalog import CATALOG
from openbeat.synth.tds.tokens import VERSION, Refusal

PROTOCOLS = (0x730A0003, 0x730B0003, 0x74000004)  # 7.3 and 7.4: those before have no DATE and no DATETIME2
SMALLEST, LARGEST = 512, 32_767  # bytes of a packet
USER, PASSWORD, DATABASE = 40, 44, 68  # where LOGIN7 keeps offset and length of each
ENCRYPTION_NOT_SUPPORTED = 2
FAILED_LOGIN = 18456


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who may come in.

    `may_write` changes only what the server says when it is asked for permissions, and how it refuses:
    the file is never written.
    """

    user: str
    password: str = field(repr=False)
    may_write: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What LOGIN7 asks for."""

    user: str
    password: str = field(repr=False)
    database: str
    protocol: int
    size: int  # bytes of a packet


def prelogin() -> bytes:
    """The answer to PRELOGIN: our version, no encryption, the default instance, one result at a time."""
    major, minor, build = VERSION
    options = [
        struct.pack(">BBHH", major, minor, build, 0),
        bytes([ENCRYPTION_NOT_SUPPORTED]),
        b"\0",
        b"",
        b"\0",
    ]
    place = 5 * len(options) + 1
    table = b""
    for number, value in enumerate(options):
        table += struct.pack(">BHH", number, place, len(value))
        place += len(value)
    return table + b"\xff" + b"".join(options)


def read_login(body: bytes) -> Asked:
    """LOGIN7 as it was meant. Raises struct.error where it is cut."""
    protocol, size = struct.unpack_from("<II", body, 4)
    return Asked(
        user=_text(body, USER).decode("utf-16-le", "replace"),
        password=_plain(_text(body, PASSWORD)).decode("utf-16-le", "replace"),
        database=_text(body, DATABASE).decode("utf-16-le", "replace"),
        protocol=protocol,
        size=min(max(size, SMALLEST), LARGEST) if size else 4096,
    )


def admit(login: Login, asked: Asked) -> None:
    """Raises Refusal where the client may not come in."""
    if asked.protocol not in PROTOCOLS:
        raise Refusal(17836, "This server speaks TDS 7.3 and 7.4.", severity=20)
    right = compare_digest(asked.password.encode(), login.password.encode())
    if asked.user.lower() != login.user.lower() or not right:
        raise _failed(asked.user)
    if asked.database and asked.database.lower() != CATALOG.lower():
        raise Refusal(4060, f'Cannot open database "{asked.database}" requested by the login.', severity=11)


def turned_away(refusal: Refusal, user: str) -> bytes:
    """What a client hears that was not let in; the last word is always that the login failed."""
    last = b"" if refusal.number == FAILED_LOGIN else tokens.error(_failed(user))
    return tokens.error(refusal) + last + tokens.done(status=tokens.FAILED)


def _failed(user: str) -> Refusal:
    return Refusal(FAILED_LOGIN, f"Login failed for user '{user}'.", severity=14)


def welcome(asked: Asked, size: int) -> bytes:
    """What a client hears that was let in; `size` is that of its packets so far."""
    return (
        tokens.changed(tokens.DATABASE, CATALOG, "master")
        + tokens.info(5701, f"Changed database context to '{CATALOG}'.")
        + tokens.changed_bytes(tokens.COLLATION, tokens.LATIN)
        + tokens.changed(tokens.LANGUAGE, "us_english")
        + tokens.info(5703, "Changed language setting to us_english.")
        + tokens.logged_in(asked.protocol)
        + tokens.changed(tokens.PACKET_SIZE, str(asked.size), str(size))
        + tokens.done()
    )


def _text(body: bytes, place: int) -> bytes:
    start, length = struct.unpack_from("<HH", body, place)
    return body[start : start + 2 * length]


def _plain(hidden: bytes) -> bytes:
    """A password without the mask of the protocol: XOR with A5, halves of each byte swapped."""
    return bytes((byte ^ 0xA5) >> 4 | ((byte ^ 0xA5) & 0x0F) << 4 for byte in hidden)
