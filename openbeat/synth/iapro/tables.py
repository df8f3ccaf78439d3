"""A department's IAPro database as it stood at a moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.synth.department import Department
from openbeat.synth.iapro.cases import Row
from openbeat.synth.iapro.happened import happened
from openbeat.synth.iapro.rows import rows_at
from openbeat.synth.iapro.schema import arrow_schema, shapes
from openbeat.synth.iapro.traps import ALL, known_moment, known_traps
from openbeat.synth.iapro.written import WRITTEN, chance_of

# Between the keys of one copy and the next: more than any key spans, and so little that those of 2,147 copies
# fit into an INTEGER of SQL Server (of addresses, whose keys begin at 2,000,000,000, those of 146).
APART = 1_000_000
KEYS = (
    "INCNUM", "AIO_NUM", "OFFNUM", "ALGNUM", "ATNUM", "CITNUM", "TRNUM", "LINKNUM", "CURRENT_SUP_OFFNUM",
    "ADDRNUM", "AANUM",
)  # fmt: skip


def tables_at(
    department: Department, moment: datetime | None = None, *, traps: Collection[str] = ALL
) -> Mapping[str, pa.Table]:
    """Every table of the database at that moment (without one: at the end), typed, with these traps in it.

    Rows come in the order of their keys mostly, as a database gives them. The same row is the same at every
    moment, unless something happened in between. Raises OpenBeatError for a trap that is not on the list.
    """
    traps = known_traps(traps)
    rows = rows_at(happened(department, traps), known_moment(department, moment))
    for name, write in WRITTEN.items():
        if name in traps:
            write(rows, chance_of(department.seed, name))
    return {table: _table(table, rows.get(table, [])) for table in shapes()}


def _table(name: str, rows: list[Row]) -> pa.Table:
    schema = arrow_schema(name)
    columns = [
        pa.array([row.get(field.name) for row in rows], type=field.type, from_pandas=False)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def tile(tables: Mapping[str, pa.Table], times: int) -> Mapping[str, pa.Table]:
    """The tables `times` over, each copy with keys of its own: a larger department for a bench."""
    found = dict(tables)
    for name, table in tables.items():
        if name != "AIO_COLS":
            found[name] = pa.concat_tables([_shifted(table, copy) for copy in range(times)])
    return found


def _shifted(table: pa.Table, copy: int) -> pa.Table:
    for place, name in enumerate(table.column_names):
        if name in KEYS:
            moved = pc.add(table.column(name), pa.scalar(copy * APART, pa.int64()))
            table = table.set_column(place, table.schema.field(place), moved)
    return table
