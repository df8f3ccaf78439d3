"""Conditions on the fields of a row: what standards and agencies say in `if`, `then`, `when` and `count`.

They are a part of SoQL's `where`: fields, literals, comparisons, `in`, `is null`, `and`, `or`, `not`, and one
function: `has_code(field, 'code')`, whether a cell of several codes holds this one. Text stands in single
quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import expressions as sql

from openbeat.errors import WrongSettings

COMPARISONS: dict[type[sql.Expr], str] = {
    sql.EQ: "=",
    sql.NEQ: "!=",
    sql.LT: "<",
    sql.LTE: "<=",
    sql.GT: ">",
    sql.GTE: ">=",
}


@dataclass(frozen=True)
class Name:
    """The value of a field."""

    field: str


@dataclass(frozen=True)
class Literal:
    """A value written out."""

    value: str | int | float | bool


@dataclass(frozen=True)
class Compare:
    """One value beside another."""

    sign: str
    left: Name | Literal
    right: Name | Literal


@dataclass(frozen=True)
class OneOf:
    """A field holds one of these values."""

    field: Name
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class HasCode:
    """A field of several codes holds this one."""

    field: Name
    code: str


@dataclass(frozen=True)
class IsNull:
    """A field is empty."""

    field: Name


@dataclass(frozen=True)
class Not:
    """The other does not hold."""

    one: Condition


@dataclass(frozen=True)
class Both:
    """`sign` is "and" or "or"."""

    sign: str
    left: Condition
    right: Condition


Condition = Compare | OneOf | HasCode | IsNull | Not | Both


@cache
def parse_condition(text: str, *, where: str = "a condition") -> Condition:
    """The condition that `text` says.

    Raises WrongSettings, with what is allowed, for anything else.
    """
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
        if any(token.comments or token.token_type is sqlglot.TokenType.SEMICOLON for token in tokens):
            raise ValueError("more than a condition")
        return _condition(sqlglot.parse_one(text, dialect="duckdb"))
    except (sqlglot.ParseError, sqlglot.errors.TokenError, ValueError) as error:
        raise WrongSettings(
            f"cannot understand the condition {text!r}",
            where=where,
            remedies=[
                "write fields, 'text', numbers, true, false, = != < <= > >=, in (…), is null, "
                "has_code(field, 'code'), and, or, not"
            ],
        ) from error


def fields_of(condition: Condition) -> set[str]:
    """The fields that a condition looks at."""
    return set(_fields(condition))


def _fields(condition: Condition) -> Iterator[str]:
    match condition:
        case Compare(_, left, right):
            yield from (side.field for side in (left, right) if isinstance(side, Name))
        case OneOf(name, _) | HasCode(name, _) | IsNull(name):
            yield name.field
        case Not(one):
            yield from _fields(one)
        case Both(_, left, right):
            yield from _fields(left)
            yield from _fields(right)


def _condition(tree: sql.Expr) -> Condition:
    match tree:
        case sql.Paren():
            return _condition(tree.this)
        case sql.Not():
            return Not(_condition(tree.this))
        case sql.And():
            return Both("and", _condition(tree.left), _condition(tree.right))
        case sql.Or():
            return Both("or", _condition(tree.left), _condition(tree.right))
        case sql.Is() if isinstance(tree.expression, sql.Null):
            return IsNull(_name(tree.this))
        case sql.In() if tree.expressions:
            return OneOf(_name(tree.this), tuple(_literal(one) for one in tree.expressions))
        case sql.Anonymous() if tree.name.lower() == "has_code" and len(tree.expressions) == 2:
            field, code = tree.expressions
            if isinstance(code, sql.Literal) and code.is_string:
                return HasCode(_name(field), code.name)
        case _ if type(tree) in COMPARISONS:
            return Compare(COMPARISONS[type(tree)], _value(tree.this), _value(tree.expression))
    raise ValueError(type(tree).__name__)


def _value(tree: sql.Expr) -> Name | Literal:
    return _name(tree) if isinstance(tree, sql.Column) else _literal(tree)


def _name(tree: sql.Expr) -> Name:
    if isinstance(tree, sql.Column) and len(tree.parts) == 1 and not tree.this.quoted:
        return Name(tree.name)
    raise ValueError("not a field")


def _literal(tree: sql.Expr) -> Literal:
    match tree:
        case sql.Boolean():
            return Literal(bool(tree.this))
        case sql.Neg():
            inner = _literal(tree.this).value
            if isinstance(inner, int | float):
                return Literal(-inner)
        case sql.Literal():
            if tree.is_string:
                return Literal(tree.this)
            return Literal(int(tree.this) if tree.this.isdigit() else float(tree.this))
    raise ValueError("not a value")
