"""Whether two engines answer the same."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir
import pyarrow as pa

from openbeat.engine import Engine


def cells(table: pa.Table) -> list[tuple[str, ...]]:
    """The rows in an order of their own; -0.0 is not 0.0, 1 is not True, and nothing equals only nothing."""
    return sorted(tuple(map(repr, row.values())) for row in table.to_pylist())


def agree(duck: Engine, spark: Engine, tables: list[pa.Table], say: Callable[..., ir.Table]) -> pa.Table:
    """What both engines answer, once it is the same in names, types and cells."""
    here, there = (engine.fetch(say(*(engine.lookup(one) for one in tables))) for engine in (duck, spark))
    assert there.schema == here.schema
    assert cells(there) == cells(here)
    return here
