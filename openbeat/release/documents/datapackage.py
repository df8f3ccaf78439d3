"""`datapackage.json`: the release as a Data Package, version 2 (datapackage.org/standard)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openbeat.release.documents.cells import columns_of
from openbeat.release.documents.document import Document, DocumentContext, as_json
from openbeat.release.documents.keys import foreign_keys, primary_key
from openbeat.release.documents.licences import spdx_of
from openbeat.release.documents.wording import synthetic_note
from openbeat.standards import LANGUAGES

TYPES: Mapping[str, str] = {
    "string": "string",
    "int64": "integer",
    "float64": "number",
    "boolean": "boolean",
    "date": "date",
}


def render(context: DocumentContext) -> Mapping[str, bytes]:
    """The package: its resources are the CSV files of the rows and of the derived tables."""
    body, facts = context.body, context.body["agency_facts"]
    licence = {"path": body["licence"]} | ({"name": name} if (name := spdx_of(body["licence"])) else {})
    publisher = {"title": facts["name"], "email": facts["contact"]["email"], "roles": ["publisher"]}
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "id": context.version_page(),
        "name": f"{context.agency}-{context.dataset}",
        "homepage": context.landing_page,
        "version": str(context.version),
        "created": body["issued"],
        "keywords": list(body["keywords"]),
        "licenses": [licence],
        "contributors": [publisher | ({"path": facts["homepage"]} if facts["homepage"] else {})],
        "resources": [_resource(context, name, table) for name, table in context.all_tables.items()],
        **_described(body["title"], _description(context)),
    }
    return {"datapackage.json": as_json(package)}


def _description(context: DocumentContext) -> dict[str, str]:
    body = context.body
    said = [synthetic_note(body), body["about"], body["caution"], body["notes"]]
    return {language: " ".join(one[language] for one in said if one) for language in LANGUAGES}


def _described(
    title: Mapping[str, str] | None, about: Mapping[str, str] | None, **more: object
) -> dict[str, Any]:
    """English in the places that the standard has for it, Spanish beside it."""
    words = {key: one for key, one in (("title", title), ("description", about)) if one}
    english = {key: one["en"] for key, one in words.items()}
    return english | {"translations": {"es": {key: one["es"] for key, one in words.items()}}} | more


def _resource(context: DocumentContext, name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    file = table["files"]["csv"]
    columns = columns_of(table)
    schema: dict[str, Any] = {
        "fields": [_field(column, context.body["code_lists"]) for column in columns],
        "missingValues": [""],
    }
    if key := primary_key(table):
        schema["primaryKey"] = key
    if keys := foreign_keys(name, context.body):
        schema["foreignKeys"] = [
            {"fields": [one.field], "reference": {"resource": one.table, "fields": [one.there]}}
            for one in keys
        ]
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
        "bytes": file["bytes"],
        "hash": f"sha256:{file['object'][:64]}",
        "schema": schema,
        **_described(table["title"], table.get("grain") or table.get("caution")),
    }


def _field(column: Mapping[str, Any], code_lists: Mapping[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column["name"], "type": TYPES[column["type"]]}
    limits: dict[str, Any] = {}
    if column["required"] and not column["missing"]:
        limits["required"] = True
    if column["type"] in ("int64", "float64"):  # an age that left as a range is text, and has no limits
        whole = int if column["type"] == "int64" else float
        limits |= {key: whole(column[key]) for key in ("minimum", "maximum") if column[key] is not None}
    if column["type"] == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    codes = code_lists[column["codes"]]["codes"] if column["codes"] else {}
    if codes and column["separator"]:
        one = "|".join(map(re.escape, codes))
        limits["pattern"] = f"^({one})({re.escape(column['separator'])}({one}))*$"
    elif codes:
        limits["enum"] = list(codes)
        field["categories"] = [{"value": code, "label": codes[code]["title"]["en"]} for code in codes]
    own = {key: column[key] for key in ("unit", "privacy", "publish", "separator") if column[key]}
    return field | _described(None, column["about"], constraints=limits, openbeat=own)


document = Document(key="datapackage", name="datapackage.json", render=render)
