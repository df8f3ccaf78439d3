"""What a release's tables can promise about their keys: only what its own columns and findings bear out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNRESOLVED = "G2"  # the check that counts the rows that point at none; an agency may accept them


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A column whose values stand in the column `there` of another table."""

    field: str
    table: str
    there: str


def primary_key(table: Mapping[str, Any]) -> list[str]:
    """The columns that tell a table's rows apart; none if one was not published or has empty cells."""
    whole = {column["name"] for column in table.get("columns", ()) if not column["missing"]}
    key = list(table.get("key", ()))
    return key if set(key) <= whole else []


def foreign_keys(name: str, body: Mapping[str, Any]) -> list[ForeignKey]:
    """The references of the table `name` to other published tables, where every cell finds its row."""
    tables = body["tables"]
    if name not in tables:
        return []
    own = {column["name"] for column in tables[name]["columns"] if not column["missing"]}
    lost = {one["field"] for one in body["findings"] if one["check"] == UNRESOLVED and one["table"] == name}
    found = []
    for field, table in sorted(tables[name]["refers"].items()):
        key = primary_key(tables.get(table, {}))
        if field in own - lost and len(key) == 1:
            found.append(ForeignKey(field=field, table=table, there=key[0]))
    return found
