"""The tables of an IAPro database and the types that their columns are declared with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyarrow as pa

SCHEMA = "IA_ADM"


@dataclass(frozen=True, kw_only=True)
class TableShape:
    """One table: columns with their declared SQL types, its own key if any, columns that point to keys."""

    columns: Mapping[str, str]
    key: str | None
    points_to: Mapping[str, str]


@cache
def shapes() -> Mapping[str, TableShape]:
    """Every table of schema.toml by name."""
    found = tomllib.loads(files("openbeat.synth.iapro").joinpath("schema.toml").read_text("utf-8"))
    return {
        name: TableShape(columns=said["columns"], key=said.get("key"), points_to=said.get("points_to", {}))
        for name, said in found.items()
    }


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The columns of a table in Arrow's types: 64-bit integers, timestamps in seconds without zone, text."""
    types = {"INTEGER": pa.int64(), "DATETIME": pa.timestamp("s")}
    return pa.schema([(name, types.get(kind, pa.string())) for name, kind in shapes()[table].columns.items()])
