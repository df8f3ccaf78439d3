"""One client's session: every request is answered with a stream of tokens."""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from openbeat.synth.tds import tokens
from openbeat.synth.tds.catalog import CATALOG, Catalog
from openbeat.synth.tds.database import VARIABLES
from openbeat.synth.tds.parameters import Call, after_headers, read_calls
from openbeat.synth.tds.results import rows_of
from openbeat.synth.tds.sql import Word, translate
from openbeat.synth.tds.tokens import DONE, DONE_IN_PROCEDURE, DONE_PROCEDURE, FAILED, MORE, Refusal
from openbeat.synth.tds.wire import BATCH, RPC, TRANSACTION

BEGIN, COMMIT, ROLLBACK = 5, 7, 8  # of the transaction manager
Values = Mapping[str, object]


@dataclass(kw_only=True)
class Session:
    """What one connection holds between its requests."""

    connection: sqlite3.Connection
    catalog: Catalog
    may_write: bool
    record: Callable[[str, Values], None]
    prepared: dict[int, tuple[str, list[str]]] = field(default_factory=dict)
    handles: int = 0
    transaction: bytes = b""
    transactions: int = 0


def answer(session: Session, kind: int, body: bytes) -> Generator[bytes]:
    """The tokens that answer a message; what cannot be answered ends in an ERROR."""
    try:
        if kind == BATCH:
            yield from _batch(session, after_headers(body).rest().decode("utf-16-le"))
        elif kind == RPC:
            yield from _calls(session, list(read_calls(body)))
        elif kind == TRANSACTION:
            yield from _transaction(session, body)
        else:
            raise _refused(session, "INSERT")
    except Refusal as refusal:
        yield tokens.error(refusal) + tokens.done(status=FAILED)
    except (struct.error, UnicodeDecodeError):
        broken = Refusal(4002, "The incoming tabular data stream (TDS) protocol stream is incorrect.")
        yield tokens.error(broken) + tokens.done(status=FAILED)


def _batch(session: Session, text: str) -> Iterator[bytes]:
    session.record(text, {})
    yield from _run(session, text, {}, DONE)


def _calls(session: Session, calls: Sequence[Call]) -> Iterator[bytes]:
    for number, call in enumerate(calls, 1):
        more = MORE if number < len(calls) else 0
        try:
            yield from _call(session, call)
        except Refusal as refusal:
            yield tokens.error(refusal) + tokens.done(DONE_PROCEDURE, status=FAILED | more)
        else:
            yield tokens.done(DONE_PROCEDURE, status=more)


def _call(session: Session, call: Call) -> Iterator[bytes]:
    labels = [label for label, _ in call.parameters]
    values = [value for _, value in call.parameters]
    handle = ""
    match call.procedure, values:
        case "sp_executesql", [str(text), *rest]:
            names = _declared(rest[0]) if rest else []
            yield from _execute(session, text, _named(names, labels[2:], values[2:]))
        case "sp_prepare", [_, str() | None as declared, str(text), *_]:
            handle = _prepare(session, text, _declared(declared))
        case "sp_prepexec", [_, str() | None as declared, str(text), *rest]:
            names = _declared(declared)
            handle = _prepare(session, text, names)
            yield from _execute(session, text, _named(names, labels[3:], rest))
        case "sp_execute", [int(number), *rest] if number in session.prepared:
            text, names = session.prepared[number]
            yield from _execute(session, text, _named(names, labels[1:], rest))
        case "sp_unprepare", [int(number), *_] if number in session.prepared:
            del session.prepared[number]
        case "sp_execute" | "sp_unprepare", _:
            raise Refusal(8179, "Could not find prepared statement with that handle.")
        case _:
            session.record(f"EXEC {call.procedure}", dict(call.parameters))
            raise _refused(session, "EXECUTE")
    yield tokens.returned_status()
    if handle:
        yield tokens.returned_handle(int(handle), name=labels[0])


def _execute(session: Session, text: str, values: Values) -> Iterator[bytes]:
    session.record(text, values)
    yield from _run(session, text, values, DONE_IN_PROCEDURE)


def _prepare(session: Session, text: str, names: list[str]) -> str:
    session.handles += 1
    session.prepared[session.handles] = (text, names)
    return str(session.handles)


def _declared(definition: object) -> list[str]:
    return re.findall(r"@[\w#$]+", definition) if isinstance(definition, str) else []


def _named(names: Sequence[str], labels: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Each value under its own label or, where it has none, under the name declared at its place."""
    if len(values) > len(names):
        raise Refusal(8144, "Procedure or function has too many arguments specified.")
    return {label or name: value for name, label, value in zip(names, labels, values, strict=False)}


def _transaction(session: Session, body: bytes) -> Iterator[bytes]:
    reader = after_headers(body)
    kind = reader.number("H")
    if kind == BEGIN:
        yield _word(session, Word(verb="BEGIN"))
    elif kind in (COMMIT, ROLLBACK):
        yield _word(session, Word(verb="COMMIT" if kind == COMMIT else "ROLLBACK"))
        reader.text(reader.number("B"))
        if reader.number("B") & 1:  # and begin the next
            yield _word(session, Word(verb="BEGIN"))
    else:
        raise Refusal(3971, "The server knows begin, commit and rollback of transactions only.")
    yield tokens.done()


def _run(session: Session, text: str, values: Values, kind: int) -> Iterator[bytes]:
    statements = translate(text, session.catalog, variables=VARIABLES, refuse=partial(_refused, session))
    if not statements and kind == DONE:
        yield tokens.done()
    for number, statement in enumerate(statements, 1):
        more = MORE if number < len(statements) or kind == DONE_IN_PROCEDURE else 0
        if isinstance(statement, Word):
            yield _word(session, statement) + tokens.done(kind, status=more)
            continue
        rows = 0
        for count, part in rows_of(session.connection, statement, values):
            rows += count
            yield part
        yield tokens.done(kind, status=more, rows=rows)


def _word(session: Session, word: Word) -> bytes:
    """SET, USE and transactions: nothing is written here, so only what the client must hear happens."""
    if word.verb == "USE":
        if word.name.lower() != CATALOG.lower():
            raise Refusal(911, f"Database '{word.name}' does not exist.")
        return tokens.changed(tokens.DATABASE, CATALOG, CATALOG)
    if word.verb == "BEGIN" and not session.transaction:
        session.transactions += 1
        session.transaction = session.transactions.to_bytes(8, "little")
        return tokens.changed_bytes(tokens.BEGUN, session.transaction)
    if word.verb in ("COMMIT", "ROLLBACK") and session.transaction:
        old, session.transaction = session.transaction, b""
        kind = tokens.COMMITTED if word.verb == "COMMIT" else tokens.ROLLED_BACK
        return tokens.changed_bytes(kind, b"", old)
    return b""


def _refused(session: Session, verb: str) -> Refusal:
    if session.may_write:  # the login may, but nobody can: the file is open for reading only
        return Refusal(3906, f'Failed to update database "{CATALOG}" because the database is read-only.')
    schema = session.catalog.schema
    return Refusal(
        229, f"The {verb} permission was denied on database '{CATALOG}', schema '{schema}'.", severity=14
    )
