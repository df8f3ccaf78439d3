"""Releases as the pipeline writes them, made from rows at hand and put on a real shelf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from scipy.stats import binomtest

from openbeat.release.documents.document import DocumentContext, render_documents
from openbeat.release.shelf import Published, Shelf, publish, store_bytes, store_file
from openbeat.release.tables import write_table
from openbeat.standards import standards

SITE = "https://data.example.org"
FERNDALE: Mapping[str, Any] = {
    "slug": "ferndale_xx",
    "name": "Ferndale Police Department",
    "place": "Ferndale",
    "ori": None,
    "time_zone": "America/Chicago",
    "homepage": "https://police.example.org",
    "language": "en",
    "synthetic": True,
    "contact": {"name": "Records Office", "email": "records@example.org"},
    "introduction": {"en": "We publish what we record.", "es": "Publicamos lo que registramos."},
    "introduced_by": "Chief Ada Example",
    "complaint_process": "https://police.example.org/complaints",
    "reviewed_by": "Records Office",
    "reviewed_on": "2026-11-01",
}


def put_release(
    shelf: Shelf,
    rows: pa.Table,
    *,
    facts: Mapping[str, Any] = FERNDALE,
    dataset: str = "stops",
    withheld: Mapping[str, int] | None = None,
    **settings: Any,
) -> int:
    """The version under which the rows were published as a dataset with the one table `stops`."""
    with TemporaryDirectory() as folder:
        body = _body(shelf, rows, Path(folder), facts, withheld or {}) | settings

    def build(previous: Any) -> dict[str, Any]:
        number = previous.version + 1 if previous else 1
        context = DocumentContext(body=body, agency=facts["slug"], dataset=dataset, version=number, site=SITE)
        documents = {
            name: store_bytes(shelf, data, name.rpartition(".")[2]).reference | {"media_type": "text/plain"}
            for name, data in render_documents(context).items()
        }
        return body | {"documents": documents}

    done = publish(shelf, facts["slug"], dataset, build)
    assert isinstance(done, Published)
    return done.manifest.version


def _body(
    shelf: Shelf, rows: pa.Table, folder: Path, facts: Mapping[str, Any], withheld: Mapping[str, int]
) -> dict[str, Any]:
    standard = standards()["stops"]
    table = standard.tables["stops"]
    written = write_table(
        rows.to_batches(), rows.schema, parquet=folder / "rows.parquet", csv=folder / "rows.csv"
    )
    days: list[date] = sorted(rows["occurred_date"].to_pylist())
    columns = [
        {
            "name": name,
            "type": field.stored_as,
            "kind": field.type,
            "about": field.about.as_dict(),
            "unit": field.unit,
            "codes": field.codes.key if field.codes else None,
            "separator": "|" if field.type == "codes" else None,
            "privacy": field.privacy,
            "publish": field.publish or "exact",
            "required": field.required,
            "missing": written.missing[name],
            "minimum": None,
            "maximum": None,
        }
        for name in rows.column_names
        for field in [table.fields[name]]
    ]
    lists = {
        field.codes.key: field.codes for name in rows.column_names if (field := table.fields[name]).codes
    }
    kept = sum(withheld.values())
    return {
        "kind": "release",
        "issued": "2026-11-22T17:00:00Z",
        "title": standard.title.as_dict(),
        "about": standard.about.as_dict(),
        "caution": standard.caution.as_dict(),
        "notes": None,
        "standard": "stops",
        "terms": list(standard.terms),
        "keywords": list(standard.keywords),
        "opd": standard.opd,
        "denominators": list(standard.denominators),
        "policies": [],
        "agency_facts": dict(facts),
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "frequency": "P1M",
        "next_release": None,
        "period": [days[0].isoformat(), days[-1].isoformat()],
        "partial_from": None,
        "breaks": [],
        "gaps": [],
        "pending": [],
        "tables": {
            "stops": {
                "title": table.title.as_dict(),
                "grain": table.grain.as_dict(),
                "key": list(table.primary),
                "event": "occurred_date",
                "refers": {},
                "opd": None,
                "rows": written.rows,
                "rows_sha256": written.rows_sha256,
                "columns": columns,
                "files": {
                    ending: store_file(shelf, folder / f"rows.{ending}", ending).reference
                    for ending in ("parquet", "csv")
                },
                "account": {
                    "read": written.rows + kept + 3,
                    "unpacked": 0,
                    "refused": {"the row has more cells than the header": 3},
                    "withheld": dict(withheld),
                    "published": written.rows,
                    "coarsened": {"juvenile": 12},
                    "ignored_columns": {"Operator Licence": "names a person"},
                },
                "months": dict(Counter(day.isoformat()[:7] for day in days)),
            }
        },
        "derived": {"search_rate_by_subject_race": _search_rate(shelf, rows)},
        "code_lists": {
            key: {
                "title": one.title.as_dict(),
                "about": one.about.as_dict(),
                "source": one.source,
                "codes": {
                    code.key: {"title": code.title.as_dict(), "about": code.about.as_dict()}
                    for code in one.codes.values()
                },
            }
            for key, one in lists.items()
        },
        "findings": [
            {
                "check": "Q3",
                "level": "W",
                "table": "stops",
                "field": "subject_age",
                "count": 1204,
                "among": written.rows,
                "says": {"en": "Ages are missing.", "es": "Faltan edades."},
                "about": {
                    "en": "An empty age hides who was stopped.",
                    "es": "Una edad vacía oculta a quién.",
                },
                "remedy": {"en": "Record it at the stop.", "es": "Anótela en la detención."},
                "accepted": None,
            }
        ],
        "crosswords": store_bytes(shelf, b"table,field,word,meaning,rows,reason\r\n", "csv").reference
        | {"rows": 0},
        "changes": {"added": written.rows, "changed": 0, "withdrawn": 0, "file": None},
        "policy": {},
        "input": {"files": []},
        "made_by": {"openbeat": "0.1.0"},
        "content_sha256": written.rows_sha256,
    }


def _search_rate(shelf: Shelf, rows: pa.Table) -> dict[str, Any]:
    rate = standards()["stops"].rates[0]
    known = rows.select(["subject_race", "search_conducted"]).to_pylist()
    cells = []
    for race in sorted({one["subject_race"] for one in known if one["subject_race"]}):
        searched = [one["search_conducted"] for one in known if one["subject_race"] == race]
        among = [one for one in searched if one is not None]
        cell = {
            "year": None,
            "place_field": None,
            "place": None,
            "group_field": "subject_race",
            "group": race,
        }
        if len(among) < 30:
            numbers = dict.fromkeys(("count", "among", "share", "low", "high")) | {"suppressed": True}
        else:
            found = binomtest(sum(among), len(among)).proportion_ci(method="wilson")
            share = sum(among) / len(among)
            numbers = {"count": sum(among), "among": len(among), "share": share}
            numbers |= {"low": found.low, "high": found.high, "suppressed": False}
        cells.append(cell | numbers)
    text = "group,count,among,share\r\n" + "".join(
        f"{one['group']},{one['count']},{one['among']},{one['share']}\r\n" for one in cells
    )
    return {
        "title": rate.title.as_dict(),
        "caution": rate.caution.as_dict(),
        "of": rate.table,
        "rows": len(cells),
        "files": {"csv": store_bytes(shelf, text.encode(), "csv").reference},
        "cells": cells,
    }
