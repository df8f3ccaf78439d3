"""What a row of each dataset carries at each of Comport's five departments."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]  # as it stood in the JSON

INCIDENT = "opaqueId"  # the extractor's own hash of the incident's number
OCCURRED = ("occuredDate", "occurredDate")  # both are on the wire, depending on the department
MOMENT = "%Y-%m-%d %H:%M:%S"
WHOLE = re.compile(r"-?[0-9]{1,9}")
# Comport's database took a number where it kept text, so an extractor may send ages either way.
MUST_BE = {
    "text": "text, a number or null",
    "moment": "a time such as 2016-05-31 23:59:00, or null",
    "boolean": "true, false or null",
    "integer": "a whole number or null",
}


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The keys that every row of a dataset has at one department, with their types, and those it may have."""

    department: str
    types: Mapping[str, str]
    optional: frozenset[str]


def _load(path: Path) -> dict[str, tuple[Schema, ...]]:
    return {
        dataset: tuple(
            Schema(
                department=department,
                types={key: kind for kind in MUST_BE for key in keys.get(kind, ())},
                optional=frozenset(keys.get("optional", ())),
            )
            for department, keys in departments.items()
        )
        for dataset, departments in tomllib.loads(path.read_text("utf-8")).items()
    }


SCHEMAS: Mapping[str, tuple[Schema, ...]] = _load(Path(__file__).with_name("schemas.toml"))
DATASETS = tuple(SCHEMAS)
KNOWN = {
    dataset: frozenset[str]().union(*(one.optional.union(one.types) for one in schemas))
    for dataset, schemas in SCHEMAS.items()
}


def faults_of(row: Row, dataset: str) -> list[str]:
    """What keeps the row from being one of the department that it is closest to; nothing where it is one."""
    found = [_faults(row, schema) for schema in SCHEMAS[dataset]]
    return min(found, key=len)


def moment_of(value: object) -> datetime | None:
    """When it was; nothing where it does not say.

    Raises ValueError for what is no time as Comport writes them.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return datetime.strptime(str(value), MOMENT)


def _faults(row: Row, schema: Schema) -> list[str]:
    lacking = [f"{key!r} is missing" for key in schema.types if key not in row]
    wrong = [
        f"{key!r} must be {MUST_BE[kind]}"
        for key, kind in schema.types.items()
        if key in row and not _is(row[key], kind)
    ]
    return lacking + wrong


def _is(value: object, kind: str) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return True  # extractors also write nothing as a blank
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, str) and bool(WHOLE.fullmatch(value.strip())))
    if kind == "moment":
        try:
            return isinstance(value, str) and moment_of(value) is not None
        except ValueError:
            return False
    return True
