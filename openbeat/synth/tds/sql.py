"""T-SQL to SQLite: one batch to statements, each a SELECT for SQLite, a word to the session, or a refusal.

Not imitated: SQL Server's collation (there, text compares without regard to case and trailing blanks), ranges
in LIKE, and whole-number averages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from openbeat.synth.tds.catalog import CATALOG, Catalog
from openbeat.synth.tds.rewrite import casts_for_converts, rewrite
from openbeat.synth.tds.tokens import Refusal

SETTING = re.compile(
    r"\s*SET\s+(TRANSACTION\s+ISOLATION\s+LEVEL\s+(READ\s+(UN)?COMMITTED|REPEATABLE\s+READ|SNAPSHOT|SERIALIZABLE)"
    r"|(\w+(\s*,\s*\w+)*)\s+(ON|OFF|-?\d+|N?'[^']*'|\w+))\s*(;|(?=\s|$))",
    re.I,
)
IN_TRANSACTION = re.compile(r"\s*IF\s+@@TRANCOUNT\s*>\s*0\s+(COMMIT|ROLLBACK)(\s+TRAN(SACTION)?)?\s*;?", re.I)
COMMENTS = re.compile(r"(\s+|--[^\n]*(\n|$)|/\*.*?\*/)+", re.S)
READING = {"SELECT", "WITH", "BEGIN", "COMMIT", "ROLLBACK", "SAVE", "USE"}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A SELECT for SQLite, with the type of each column and whether it is a column of a table as it is."""

    text: str
    types: tuple[tuple[exp.DataType | None, bool], ...]


@dataclass(frozen=True, kw_only=True)
class Word:
    """Something that changes the session and gives no rows: SET, USE, BEGIN, COMMIT, ROLLBACK."""

    verb: str
    name: str = ""


def translate(
    batch: str, catalog: Catalog, *, variables: Mapping[str, object], refuse: Callable[[str], Refusal]
) -> list[Query | Word]:
    """The statements of a batch.

    variables   what `@@name` stands for, in small letters
    refuse      makes the refusal of a statement that would write, from its verb
    Raises      Refusal
    """
    found: list[Query | Word] = []
    rest = batch
    while rest:
        if space := COMMENTS.match(rest):
            rest = rest[space.end() :]
        elif setting := SETTING.match(rest):
            found.append(Word(verb="SET"))
            rest = rest[setting.end() :].lstrip(";")
        elif ending := IN_TRANSACTION.match(rest):
            found.append(Word(verb=ending[1].upper()))
            rest = rest[ending.end() :]
        else:
            break
    rest = rest.lstrip(" ;\r\n\t")
    if not rest:
        return found
    verb = re.match(r"[\s(]*(\w*)", rest)
    if verb and verb[1].upper() not in READING:
        raise refuse(verb[1].upper())
    try:
        statements = [statement for statement in sqlglot.parse(rest, read="tsql") if statement]
    except SqlglotError as error:
        raise Refusal(102, "Incorrect syntax.", severity=15) from error
    return found + [_statement(one, catalog, variables, refuse) for one in statements]


def _statement(
    tree: exp.Expr, catalog: Catalog, variables: Mapping[str, object], refuse: Callable[[str], Refusal]
) -> Query | Word:
    match tree:
        case exp.Use():
            return Word(verb="USE", name=tree.this.name)
        case exp.Transaction():
            return Word(verb="BEGIN")
        case exp.Commit():
            return Word(verb="COMMIT")
        case exp.Rollback():
            return Word(verb="ROLLBACK")
        case exp.Set():
            return Word(verb="SET")
        case exp.Query():
            pass
        case _:
            raise refuse("EXECUTE" if isinstance(tree, exp.Command) else tree.key.upper())
    if tree.find(exp.Into):
        raise refuse("CREATE TABLE")
    if write := tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge):
        raise refuse(write.key.upper())
    for table in tree.find_all(exp.Table):
        if table.catalog and table.catalog.lower() != CATALOG.lower():
            raise Refusal(911, f"Database '{table.catalog}' does not exist.")
        table.set("hints", None)  # like the options: how to run it, not what to find
    tree.set("options", None)
    casts_for_converts(tree)
    types = _types(tree, catalog)
    text = rewrite(tree, catalog.kinds, variables)
    return Query(text=text, types=types)


def _types(tree: exp.Query, catalog: Catalog) -> tuple[tuple[exp.DataType | None, bool], ...]:
    """Type of each column, and whether it is plain; empty where SQLite will have to say what is wrong."""
    types = catalog.types
    try:
        known = qualify(tree.copy(), schema=types, db=catalog.schema, catalog=CATALOG, dialect="tsql")
        selects = annotate_types(known, schema=types, dialect="tsql").selects
    except SqlglotError:
        return ()
    return tuple((_type(one.unalias()), isinstance(one.unalias(), exp.Column)) for one in selects)


def _type(node: exp.Expr) -> exp.DataType | None:
    """What T-SQL says, where sqlglot says otherwise."""
    if isinstance(node, exp.Year | exp.Month | exp.Day):
        return exp.DataType.build("int")
    if isinstance(node, exp.DateAdd):  # gives what it was given, and a DATETIME for text
        kept = node.this.is_type("date", "datetime", "datetime2")
        return node.this.type if kept else exp.DataType.build("datetime")
    return node.type
