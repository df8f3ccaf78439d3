"""`<table>.csv-metadata.json`: what each CSV file holds, as CSV on the Web (w3.org/TR/tabular-metadata)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from openbeat.release.documents.cells import columns_of
from openbeat.release.documents.document import Document, DocumentContext, as_json
from openbeat.release.documents.keys import foreign_keys, primary_key

TYPES: Mapping[str, str] = {
    "string": "string",
    "int64": "integer",
    "float64": "double",
    "boolean": "boolean",
    "date": "date",
}


def render(context: DocumentContext) -> Mapping[str, bytes]:
    """One for each CSV file, where a reader of that file looks first, and one for all of them together."""
    every = list(context.all_tables)
    alone = {f"{name}.csv-metadata.json": _together(name, context.body) for name in every}
    return {
        file: as_json(_group(context, names))
        for file, names in (alone | {"csv-metadata.json": every}).items()
    }


def _together(name: str, body: Mapping[str, Any]) -> list[str]:
    """The table and all that it refers to: a reference is only valid where both are described."""
    found = [name]
    for table in found:
        found += [one.table for one in foreign_keys(table, body) if one.table not in found]
    return found


def _group(context: DocumentContext, names: Iterable[str]) -> dict[str, Any]:
    body = context.body
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": _words(body["title"]),
        "dc:description": _words(body["about"]),
        "dc:publisher": body["agency_facts"]["name"],
        "dc:license": {"@id": body["licence"]},
        "dc:issued": body["issued"],
        "dc:source": {"@id": context.version_page()},
        "tables": [_table(context, name) for name in names],
    }


def _table(context: DocumentContext, name: str) -> dict[str, Any]:
    table = context.all_tables[name]
    schema: dict[str, Any] = {"columns": [_column(column, context.body) for column in columns_of(table)]}
    if key := primary_key(table):
        schema["primaryKey"] = key
    if keys := foreign_keys(name, context.body):
        schema["foreignKeys"] = [
            {
                "columnReference": one.field,
                "reference": {"resource": f"{one.table}.csv", "columnReference": one.there},
            }
            for one in keys
        ]
    return {
        "url": f"{name}.csv",
        "dc:title": _words(table["title"]),
        "dc:description": _words(table.get("grain") or table["caution"]),
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True, "doubleQuote": True},
        "tableSchema": schema,
    }


def _column(column: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    # A title must be what the header says, in whichever language a reader compares them.
    titles = {"en": column["name"], "es": column["name"]}
    described = {"name": column["name"], "titles": titles, "datatype": _datatype(column, body["code_lists"])}
    if column["separator"]:
        described["separator"] = column["separator"]
    if column["required"] and not column["missing"]:
        described["required"] = True
    return described | {"dc:description": _words(column["about"])}


def _datatype(column: Mapping[str, Any], code_lists: Mapping[str, Any]) -> str | dict[str, Any]:
    base = TYPES[column["type"]]
    if column["codes"]:
        return {"base": base, "format": "|".join(map(re.escape, code_lists[column["codes"]]["codes"]))}
    if column["type"] not in ("int64", "float64"):
        return base
    whole = int if column["type"] == "int64" else float
    limits = {key: whole(column[key]) for key in ("minimum", "maximum") if column[key] is not None}
    return {"base": base, **limits} if limits else base


def _words(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": words[language], "@language": language} for language in ("en", "es")]


document = Document(key="csvw", name="<table>.csv-metadata.json", render=render)
