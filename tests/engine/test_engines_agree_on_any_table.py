"""DuckDB, Spark and Python itself say the same of tables that nobody thought of."""

from __future__ import annotations

import hashlib
import string
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from agreeing import agree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeat.engine import Engine
from openbeat.protect.precision import PRECISIONS

LETTERS = st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from(
    " \t\n\r\x0b\x0c'\"\\%_|éÑ"
)
TEXTS = st.none() | st.text(LETTERS, max_size=8)
SHARED = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = st.lists(
    st.tuples(
        TEXTS,
        TEXTS,
        st.none() | st.dates(),
        st.none() | st.integers(-5, 130),
        st.none() | st.floats(-180, 180),
        st.none() | st.booleans(),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
KINDS = [pa.string(), pa.string(), pa.date32(), pa.int64(), pa.float64(), pa.bool_(), pa.bool_()]


@SHARED
@given(ROWS)
def test_any_small_table_is_told_the_same_and_as_python_tells_it(
    duck: Engine, spark: Engine, rows: list[tuple[object, ...]]
) -> None:
    columns = [pa.array(cells, kind) for cells, kind in zip(zip(*rows, strict=True), KINDS, strict=True)]
    table = pa.table(
        [pa.array(range(len(rows)), pa.int64()), *columns], ["n", "a", "b", "day", "age", "x", "p", "q"]
    )

    def say(rows: ir.Table) -> ir.Table:
        nth = ibis.row_number().over(group_by=rows["a"], order_by=[rows["age"], rows["n"]])
        return rows.select(
            "n",
            strip=rows["a"].strip(),
            both=ibis.coalesce(rows["a"], rows["b"], ibis.literal("")).nullif(""),
            joined=rows["a"] + "\x1f" + rows["b"],
            digest=rows["a"].hexdigest("sha256"),
            start=rows["a"].substr(0, 2),
            length=rows["a"].length(),
            within=rows["a"].contains("é"),
            same=rows["a"].identical_to(rows["b"]),
            equal=rows["a"] == rows["b"],
            year=rows["day"].year(),
            month=PRECISIONS["month"](rows["day"]),
            ages=PRECISIONS["age range"](rows["age"]),
            near=PRECISIONS["3 decimals"](rows["x"]),
            text=rows["day"].cast("string"),
            either=rows["p"] | ~rows["q"],
            together=rows["p"] & rows["q"],
            nth=nth,
        )

    found = agree(duck, spark, [table], say).sort_by("n").to_pylist()
    for told, (a, b, day, *_) in zip(found, rows, strict=True):
        assert told["strip"] == (None if a is None else str(a).strip(string.whitespace))
        assert told["digest"] == (None if a is None else hashlib.sha256(str(a).encode()).hexdigest())
        assert told["same"] == (a == b)
        assert told["length"] == (None if a is None else len(str(a)))
        assert told["start"] == (None if a is None else str(a)[:2])
        assert told["month"] == (day.replace(day=1) if isinstance(day, date) else None)
        assert told["text"] == (day.isoformat() if isinstance(day, date) else None)


@SHARED
@given(ROWS)
def test_any_small_table_is_grouped_and_ordered_the_same(
    duck: Engine, spark: Engine, rows: list[tuple[object, ...]]
) -> None:
    columns = [pa.array(cells, kind) for cells, kind in zip(zip(*rows, strict=True), KINDS, strict=True)]
    table = pa.table(columns, ["a", "b", "day", "age", "x", "p", "q"])
    agree(duck, spark, [table], lambda rows: rows.group_by(["a", "p"]).agg(rows=lambda same: same.count()))
    agree(duck, spark, [table], lambda rows: rows.select("a", "b", "p").distinct())
    order = table.column_names
    ways = [
        [repr(row) for batch in engine.batches(engine.lookup(table), order) for row in batch.to_pylist()]
        for engine in (duck, spark)
    ]
    assert ways[0] == ways[1]
