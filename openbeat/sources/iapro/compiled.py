"""One SELECT as the server will see it, and the proof that it is one SELECT and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import sqlalchemy as sa
import sqlglot
from sqlalchemy.dialects import mssql, postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import SQLAlchemyError
from sqlglot import exp

from openbeat.errors import UnreadableSource

Style = Literal["qmark", "format", "numeric_dollar"]

DIALECTS: Mapping[str, tuple[type[DefaultDialect], Style, str]] = MappingProxyType(
    {  # SQLAlchemy's dialect, how the driver marks parameters, sqlglot's name for the language
        "mssql+pytds": (mssql.dialect, "format", "tsql"),
        "mssql+odbc": (mssql.dialect, "qmark", "tsql"),
        "postgresql": (postgresql.dialect, "numeric_dollar", "postgres"),
        "sqlite": (sqlite.dialect, "qmark", "sqlite"),
    }
)
# Everything that a statement may be made of. What is not here cannot be sent: INTO, locks, WITH (which can
# carry an INSERT), procedures, functions that read files or other servers, a second statement.
MADE_OF = frozenset(
    {
        *(
            exp.Select,
            exp.From,
            exp.Table,
            exp.TableAlias,
            exp.Join,
            exp.Subquery,
            exp.Where,
            exp.Group,
            exp.Having,
        ),
        *(exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Column, exp.Identifier, exp.Alias),
        *(exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In),
        *(exp.Between, exp.Is, exp.Null, exp.Exists, exp.Literal, exp.Parameter, exp.Placeholder, exp.Var),
        *(exp.Case, exp.If, exp.Count, exp.Star, exp.Nullif, exp.Trim, exp.Upper, exp.Cast, exp.DataType),
    }
)
CATALOGUE_OF_SQLITE = "pragma_table_info"  # the one table function: SQLite has no INFORMATION_SCHEMA


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A statement in the words of one server.

    sent         what the driver is handed      text    what the server receives
    parameters   names, in the order of their places; `fixed` are the values that the statement itself carries
    """

    sent: str
    text: str
    parameters: tuple[str, ...]
    fixed: Mapping[str, object]


def compiled(statement: sa.Select[tuple[object, ...]], dialect: str) -> Compiled:
    """The statement for this server.

    Raises UnreadableSource where it is anything but one plain SELECT: the object must be SQLAlchemy's own
    Select, and the text that comes of it is parsed again and may hold only what `MADE_OF` lists.
    """
    if type(statement) is not sa.Select:
        raise _refused(f"a {type(statement).__name__}")
    made, style, language = DIALECTS[dialect]
    try:
        said = statement.compile(dialect=made(paramstyle=style), compile_kwargs={"render_postcompile": True})
    except SQLAlchemyError:
        raise _refused("what this server has no words for") from None
    names = tuple(said.positiontup or ())
    text = _numbered(said.string, len(names)) if style == "format" else said.string
    _only_reads(text, language)
    fixed = {name: value for name, value in said.params.items() if value is not None}
    return Compiled(sent=said.string, text=text, parameters=names, fixed=MappingProxyType(fixed))


def _numbered(text: str, places: int) -> str:
    try:
        return text % tuple(f"@P{number}" for number in range(1, places + 1))
    except (TypeError, ValueError):  # a name with % in it, which python-tds would take for a parameter
        raise _refused("a name with a percent sign") from None


@lru_cache(maxsize=1_000)
def _only_reads(text: str, language: str) -> None:
    try:
        trees = sqlglot.parse(text, read=language)
    except sqlglot.errors.SqlglotError:
        raise _refused("text that cannot be read as SQL") from None
    if len(trees) != 1 or type(trees[0]) is not exp.Select:
        raise _refused("something other than one SELECT")
    for node in trees[0].walk():
        listing = (
            isinstance(node, exp.Anonymous) and language == "sqlite" and node.this == CATALOGUE_OF_SQLITE
        )
        if type(node) not in MADE_OF and not listing:
            raise _refused(f"a SELECT with {type(node).__name__}")


def _refused(what: str) -> UnreadableSource:
    return UnreadableSource(
        f"{what} was about to be sent; openbeat only ever sends plain SELECTs",
        where="the connection to IAPro",
        remedies=["report this: it is a fault of openbeat, and nothing was sent"],
    )
