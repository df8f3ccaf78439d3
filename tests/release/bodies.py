"""A small release of use of force on a real shelf: two linked tables, coordinates, awkward text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from openbeat.release.documents import DocumentContext, render_documents
from openbeat.release.shelf import Manifest, Published, Shelf, new_object, publish, store_bytes
from openbeat.release.tables import write_table

SITE = "https://data.example.org"
AGENCY, DATASET = "ferndale", "use_of_force"
Rows = Sequence[Mapping[str, Any]]

INCIDENTS: Rows = [
    {
        "incident_id": "a1",
        "occurred_date": date(2024, 1, 5),
        "occurred_time": "23:00",
        "reason": "arrest",
        "location": "800 block Claiborne St",
        "latitude": 44.978,
        "longitude": -93.265,
        "officers": 2,
        "complaint": True,
    },
    {
        "incident_id": "a2",
        "occurred_date": date(2024, 3, 9),
        "occurred_time": None,
        "reason": "=2+5",  # replaced below: a code is always one of its list
        "location": '=HYPERLINK("x"), a "quoted" place\nin two lines: Peña, 東',
        "latitude": None,
        "longitude": None,
        "officers": None,
        "complaint": False,
    },
    {
        "incident_id": "a3",
        "occurred_date": date(2024, 3, 17),
        "occurred_time": "04:00",
        "reason": None,
        "location": None,
        "latitude": 45.0,
        "longitude": -93.0,
        "officers": 0,
        "complaint": None,
    },
]
INCIDENTS[1]["reason"] = "mental_health"  # type: ignore[index]
SUBJECTS: Rows = [
    {"incident_id": "a1", "person_no": 1, "race": "black", "age_range": "18-24", "force": "hands|taser"},
    {"incident_id": "a1", "person_no": 2, "race": "white", "age_range": None, "force": None},
    {"incident_id": "a3", "person_no": 1, "race": None, "age_range": "65+", "force": "taser"},
]
ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def words(en: str, es: str | None = None) -> dict[str, str]:
    """The same in both languages, as a manifest has it."""
    return {"en": en, "es": es or f"{en} (es)"}


def column(name: str, kind: str, stored_as: str, **more: Any) -> dict[str, Any]:
    """A column as a manifest describes it."""
    plain = {
        "name": name,
        "kind": kind,
        "type": stored_as,
        "about": words(f"What {name} means.", f"Qué significa {name}."),
        "unit": None,
        "codes": None,
        "separator": None,
        "privacy": "open",
        "publish": "exact",
        "required": False,
        "missing": 0,
        "minimum": None,
        "maximum": None,
    }
    return plain | more


INCIDENT_COLUMNS = [
    column("incident_id", "id", "string", privacy="direct", publish="pseudonym (incident)", required=True),
    column("occurred_date", "date", "date", privacy="quasi", publish="day", required=True),
    column("occurred_time", "time", "string", privacy="quasi", publish="hour"),
    column("reason", "code", "string", codes="force_reason"),
    column("location", "place", "string", privacy="quasi", publish="block"),
    column("latitude", "latitude", "float64", publish="3 decimals", minimum=-90.0, maximum=90.0),
    column("longitude", "longitude", "float64", publish="3 decimals", minimum=-180.0, maximum=180.0),
    column("officers", "integer", "int64", unit="officers", minimum=0.0),
    column("complaint", "boolean", "boolean", privacy="sensitive"),
]
SUBJECT_COLUMNS = [
    column("incident_id", "id", "string", privacy="direct", publish="pseudonym (incident)", required=True),
    column("person_no", "integer", "int64", required=True, minimum=1.0),
    column("race", "code", "string", codes="race", privacy="quasi"),
    column(
        "age_range",
        "text",
        "string",
        publish="age range, as age_range",
        privacy="quasi",
        minimum=0,
        maximum=9,
    ),
    column("force", "codes", "string", codes="force_type", separator="|"),
]
CELL_TYPES = {
    "year": pa.int64(),
    "place_field": pa.string(),
    "place": pa.string(),
    "group_field": pa.string(),
    "group": pa.string(),
    "count": pa.int64(),
    "among": pa.int64(),
    "share": pa.float64(),
    "low": pa.float64(),
    "high": pa.float64(),
    "suppressed": pa.bool_(),
}
WHOLE = dict.fromkeys(CELL_TYPES) | {"count": 60, "among": 100, "share": 0.6, "low": 0.5, "high": 0.69}
CELLS: Rows = [
    WHOLE | {"suppressed": False},
    dict.fromkeys(CELL_TYPES) | {"group_field": "race", "group": "black", "year": 2024, "suppressed": True},
]
CODES = {
    "force_reason": ["arrest", "mental_health"],
    "race": ["black", "white"],
    "force_type": ["hands", "taser"],
}


def described(shelf: Shelf, rows: Rows, columns: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """A table written to the shelf, and what a manifest says of it."""
    schema = pa.schema([(one["name"], ARROW[one["type"]]) for one in columns])
    with new_object(shelf, "parquet") as parquet, new_object(shelf, "csv") as csv:
        table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
        written = write_table(table.to_batches(), schema, parquet=parquet.path, csv=csv.path)
        files = {"parquet": parquet.keep().reference, "csv": csv.keep().reference}
    return {
        "opd": None,
        "refers": {},
        "rows": written.rows,
        "rows_sha256": written.rows_sha256,
        "columns": [dict(one) | {"missing": written.missing[one["name"]]} for one in columns],
        "files": files,
        "account": {
            "read": written.rows + 3,
            "unpacked": 0,
            "refused": {"no key": 1},
            "withheld": {"too few alike": 2},
            "published": written.rows,
            "coarsened": {"juvenile": 1},
            "ignored_columns": {"Narrative | free": "free text names people"},
        },
        "months": {},
    } | more


def derived(shelf: Shelf, cells: Rows = CELLS) -> dict[str, Any]:
    """A derived table written to the shelf, and what a manifest says of it."""
    schema = pa.schema(list(CELL_TYPES.items()))
    with new_object(shelf, "parquet") as parquet, new_object(shelf, "csv") as csv:
        table = pa.Table.from_pylist([dict(cell) for cell in cells], schema=schema)
        written = write_table(table.to_batches(), schema, parquet=parquet.path, csv=csv.path)
        files = {"parquet": parquet.keep().reference, "csv": csv.keep().reference}
    return {
        "title": words("How often force was used", "Con qué frecuencia se usó la fuerza"),
        "caution": words("Counts are of incidents.", "Se cuentan incidentes."),
        "of": "incidents",
        "rows": written.rows,
        "files": files,
        "cells": [dict(cell) for cell in cells],
    }


def force_body(shelf: Shelf, *, incidents: Rows = INCIDENTS, subjects: Rows = SUBJECTS) -> dict[str, Any]:
    """The body of a release of use of force, its files on the shelf, its documents not yet written."""
    crosswords = store_bytes(
        shelf, b"table,field,word,meaning,rows,reason\nsubjects,race,B,black,1,\n", "csv"
    )
    return {
        "kind": "release",
        "issued": "2026-11-22T17:00:00Z",
        "title": words("Use of force", "Uso de la fuerza"),
        "about": words("Each time an officer used force.", "Cada vez que un oficial usó la fuerza."),
        "caution": words(
            "An incident can count several people.", "Un incidente puede contar varias personas."
        ),
        "notes": words("Before 2024 on paper <b>only</b> | see *policy*.", "Antes de 2024 solo en papel."),
        "standard": DATASET,
        "terms": ["White House Police Data Initiative, 2015"],
        "keywords": ["use of force"],
        "opd": None,
        "denominators": [],
        "policies": [],
        "agency_facts": {
            "slug": AGENCY,
            "name": "Ferndale Police Department",
            "place": "Ferndale, Michigan",
            "ori": None,
            "time_zone": "America/Detroit",
            "homepage": "https://police.example.org/",
            "language": "en",
            "synthetic": True,
            "contact": {"name": "Records: data desk", "email": "data@example.org"},
            "introduction": None,
            "introduced_by": None,
            "complaint_process": None,
            "reviewed_by": None,
            "reviewed_on": None,
        },
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "frequency": "P1Y",
        "next_release": None,
        "period": ["2024-01-05", "2024-03-17"],
        "partial_from": "2024-03-01",
        "breaks": [{"on": "2024-02-01", "says": words("New form.", "Nuevo formulario.")}],
        "gaps": ["2024-02"],
        "pending": [
            {"state": "active", "title": {"en": "Under investigation", "es": "En investigación"}, "cases": 12}
        ],
        "tables": {
            "incidents": described(
                shelf,
                incidents,
                INCIDENT_COLUMNS,
                title=words("Incidents", "Incidentes"),
                grain=words("one row for each incident", "una fila por incidente"),
                key=["incident_id"],
                event="occurred_date",
                months={"2024-01": 1, "2024-03": 2},
            ),
            "subjects": described(
                shelf,
                subjects,
                SUBJECT_COLUMNS,
                title=words("Subjects", "Personas"),
                grain=words("one row for each person", "una fila por persona"),
                key=["incident_id", "person_no"],
                event=None,
                refers={"incident_id": "incidents"},
            ),
        },
        "derived": {"force_rate": derived(shelf)},
        "code_lists": {
            key: {
                "title": words(key),
                "about": words(f"A list called {key}."),
                "source": "nobody",
                "codes": {
                    code: {"title": words(code.title()), "about": words(f"Is {code}.")} for code in codes
                },
            }
            for key, codes in CODES.items()
        },
        "findings": [
            {
                "check": "Q3",
                "level": "W",
                "table": "subjects",
                "field": "race",
                "count": 1,
                "among": 3,
                "says": words("race is empty", "falta la raza"),
                "about": words("Empty cells."),
                "remedy": words("ask the officers", "pregunte a los oficiales"),
                "accepted": None,
            }
        ],
        "crosswords": {**crosswords.reference, "rows": 1},
        "changes": {"added": 6, "changed": 0, "withdrawn": 0, "file": None},
        "policy": {},
        "input": {"files": []},
        "made_by": {"openbeat": "0.1.0"},
        "content_sha256": "c" * 64,
        "documents": {},
    }


def context_of(body: Mapping[str, Any], version: int = 3) -> DocumentContext:
    """The release that the documents speak of."""
    return DocumentContext(body=body, agency=AGENCY, dataset=DATASET, version=version, site=SITE)


def publish_force(shelf: Shelf, body: Mapping[str, Any] | None = None) -> Manifest:
    """The release with its documents, published."""
    made = dict(body or force_body(shelf))
    made["documents"] = {
        name: store_bytes(shelf, data, name.rpartition(".")[2]).reference
        for name, data in render_documents(context_of(made, 1)).items()
    }
    done = publish(shelf, AGENCY, DATASET, lambda previous: made)
    assert isinstance(done, Published)
    return done.manifest
