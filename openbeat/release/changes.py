"""What a release changes against the one before: row by row, by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openbeat.engine import Engine

GONE = "no longer in the agency's records, or no longer releasable"
SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("key", pa.string()),
        ("change", pa.string()),
        ("fields", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How many rows were added, changed and withdrawn, and which; none are listed for a first release."""

    added: int
    changed: int
    withdrawn: int
    rows: pa.Table | None


def first_release(tables: Mapping[str, int]) -> Changes:
    """Everything is new."""
    return Changes(added=sum(tables.values()), changed=0, withdrawn=0, rows=None)


def changes_between(
    before: Mapping[str, ir.Table],
    after: Mapping[str, ir.Table],
    keys: Mapping[str, list[str]],
    engine: Engine,
) -> Changes:
    """The rows that differ between two versions of a dataset's tables."""
    listed = [
        engine.fetch(_changed_rows(name, before.get(name), after.get(name), keys[name])) for name in keys
    ]
    rows = pa.concat_tables([one.cast(SCHEMA) for one in listed]).sort_by(
        [("table", "ascending"), ("change", "ascending"), ("key", "ascending")]
    )
    kinds = rows.column("change").to_pylist()
    return Changes(
        added=kinds.count("added"),
        changed=kinds.count("changed"),
        withdrawn=kinds.count("withdrawn"),
        rows=rows,
    )


def _changed_rows(name: str, before: ir.Table | None, after: ir.Table | None, key: list[str]) -> ir.Table:
    alone = [(rows, change) for rows, change in ((after, "added"), (before, "withdrawn")) if rows is not None]
    if before is None or after is None or not key or not set(key) <= {*before.columns} & {*after.columns}:
        listed = [rows.select(**_alone(name, rows, key, change)) for rows, change in alone]
        return reduce(lambda one, other: one.union(other), listed)
    old = before.rename({f"{column}__before": column for column in before.columns}).mutate(was__=True)
    # A part of the key may be empty where the agency has accepted that; nothing is the same as nothing here.
    same_key = [after[column].identical_to(old[f"{column}__before"]) for column in key]
    joined = after.mutate(is__=True).outer_join(old, same_key)
    shared = [column for column in after.columns if column in before.columns and column not in key]
    is_new, is_gone = joined.was__.isnull(), joined.is__.isnull()
    fields = [
        joined[column].identical_to(joined[f"{column}__before"]).ifelse("", f"{column} ") for column in shared
    ]
    differing = reduce(add, fields, ibis.literal("")).strip()
    change = ibis.cases(
        (is_new, "added"), (is_gone, "withdrawn"), (differing != "", "changed"), else_=ibis.null("string")
    )
    shown = joined.select(
        table=ibis.literal(name),
        key=is_gone.ifelse(_key(joined, [f"{column}__before" for column in key]), _key(joined, key)),
        change=change,
        fields=(change == "changed").ifelse(differing, ibis.null("string")),
        reason=(change == "withdrawn").ifelse(GONE, ibis.null("string")),
    )
    return shown.filter(shown.change.notnull())


def _alone(name: str, rows: ir.Table, key: list[str], change: str) -> dict[str, ir.Value]:
    return {
        "table": ibis.literal(name),
        "key": _key(rows, [column for column in key if column in rows.columns]),
        "change": ibis.literal(change),
        "fields": ibis.null("string"),
        "reason": ibis.literal(GONE) if change == "withdrawn" else ibis.null("string"),
    }


def _key(rows: ir.Table, key: list[str]) -> ir.StringValue:
    texts = [rows[column].cast("string").fill_null("") for column in key]
    return reduce(lambda left, right: left + "|" + right, texts) if texts else ibis.literal("")
