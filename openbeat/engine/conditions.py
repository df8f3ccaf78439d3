"""What a standard's conditions mean as expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir

from openbeat.standards.conditions import Both, Compare, Condition, HasCode, IsNull, Literal, Name, Not, OneOf
from openbeat.standards.model import BETWEEN_CODES

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, rows: ir.Table) -> ir.BooleanValue:
    """Whether the condition holds for each row: yes, no, or nothing where a value it needs is missing."""
    match condition:
        case Compare(sign, left, right):
            return SIGNS[sign](_value(left, rows), _value(right, rows))
        case OneOf(name, values):
            return rows[name.field].isin([one.value for one in values])
        case HasCode(name, code):
            return (BETWEEN_CODES + rows[name.field] + BETWEEN_CODES).contains(
                f"{BETWEEN_CODES}{code}{BETWEEN_CODES}"
            )
        case IsNull(name):
            return rows[name.field].isnull()
        case Not(one):
            return ~holds(one, rows)
        case Both(sign, left, right):
            one, other = holds(left, rows), holds(right, rows)
            return one & other if sign == "and" else one | other


def violates(given: Condition, then: Condition, rows: ir.Table) -> ir.BooleanValue:
    """Rows where the first condition holds and the second certainly does not."""
    return (holds(given, rows) & ~holds(then, rows)).fill_null(False)


def _value(side: Name | Literal, rows: ir.Table) -> Any:
    return rows[side.field] if isinstance(side, Name) else ibis.literal(side.value)
