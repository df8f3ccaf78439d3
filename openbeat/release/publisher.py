"""Writes a release: files first, the manifest last, so that a kill leaves the shelf as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from openbeat import __version__
from openbeat.checks import Subject, blocked, run_checks
from openbeat.engine import ARROW_TYPES
from openbeat.release import body as bodies
from openbeat.release.changes import Changes, changes_between, first_release
from openbeat.release.documents import DocumentContext, render_documents
from openbeat.release.shelf import (
    Manifest,
    Shelf,
    Unchanged,
    head_release,
    new_object,
    object_path,
    publish,
    store_bytes,
)
from openbeat.release.tables import WrittenTable, write_table
from openbeat.stages import (
    REDUCED,
    DerivedTable,
    Finding,
    Protected,
    Release,
    StagedTable,
)

Progress = Callable[[str], None]
CELLS = pa.schema(
    [
        ("year", pa.int64()),
        ("place_field", pa.string()),
        ("place", pa.string()),
        ("group_field", pa.string()),
        ("group", pa.string()),
        ("count", pa.int64()),
        ("among", pa.int64()),
        ("share", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("suppressed", pa.bool_()),
    ]
)
WORDS = pa.schema(
    [
        ("table", pa.string()),
        ("field", pa.string()),
        ("word", pa.string()),
        ("meaning", pa.string()),
        ("rows", pa.int64()),
        ("reason", pa.string()),
    ]
)


class Publisher:
    """One run's writing: files first, the manifest last, so that a kill leaves the shelf as it was."""

    def __init__(
        self, shelf: Shelf, subject: Subject, protected: Protected, site: str, progress: Progress
    ) -> None:
        self.shelf, self.subject, self.protected = shelf, subject, protected
        self.site, self.progress, self.engine = site, progress, subject.engine
        self.agency, self.dataset = subject.agency, subject.dataset
        self.findings = protected.findings

    def publish(self) -> tuple[Release, tuple[Finding, ...]]:
        """The release that stands afterwards: a new one, or the one there was when nothing had changed."""
        body = self._body()
        body["content_sha256"] = bodies.content_hash(body)
        done = publish(
            self.shelf, self.agency.slug, self.dataset.key, lambda head: self._finished(body, head)
        )
        manifest = done.manifest
        if isinstance(done, Unchanged):
            manifest = head_release(self.shelf, self.agency.slug, self.dataset.key)
        assert manifest is not None
        release = Release(
            agency=manifest.agency,
            dataset=manifest.dataset,
            version=manifest.version,
            manifest=manifest.body,
            new=not isinstance(done, Unchanged),
        )
        return release, self.findings

    def _body(self) -> dict[str, Any]:
        standard, tables = self.subject.standard, self.protected.tables
        body = bodies.facts(self.agency, self.dataset, standard, self.subject.now)
        body["pending"] = bodies.pending(self.dataset, tables)
        body["tables"] = {name: self._table(name, staged) for name, staged in tables.items()}
        body["derived"] = {one.key: self._derived(one) for one in self.protected.derived}
        days = [day for name, staged in tables.items() for day in self._period(staged)]
        body["period"] = [min(days).isoformat(), max(days).isoformat()] if days else None
        body["partial_from"] = bodies.partial_from(max(days)) if days else None
        used = {column["codes"] for table in body["tables"].values() for column in table["columns"]}
        body["code_lists"] = bodies.code_lists_of(standard, sorted(used - {None}))
        body["crosswords"] = self._words()
        body["policy"] = dict(self.protected.policy)
        body["input"] = {
            "files": [
                {"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "rows": one.rows}
                for staged in tables.values()
                for one in staged.files
            ]
        }
        body["made_by"] = {"openbeat": __version__}
        return body

    def _table(self, name: str, staged: StagedTable) -> dict[str, Any]:
        self.progress(f"writing {name}")
        table, rows = staged.standard, staged.rows
        fields = [table.fields[column] for column in rows.columns if column != REDUCED]
        schema = pa.schema([(field.key, ARROW_TYPES[field.stored_as]) for field in fields])
        if REDUCED in rows.columns:
            schema = schema.append(pa.field(REDUCED, pa.string()))
        key = [column for column in table.primary if column in rows.columns]
        order = [*key, *(column for column in rows.columns if column not in key)]
        written, files = self._written(self.engine.batches(rows, order), schema)
        fields_policy = self.protected.policy["fields"]
        assert isinstance(fields_policy, Mapping)
        columns = [bodies.column(f, staged, fields_policy[name], written.missing[f.key]) for f in fields]
        if REDUCED in rows.columns:
            columns.append(bodies.reduced_column(written.missing[REDUCED]))
        return {
            "title": table.title.as_dict(),
            "grain": table.grain.as_dict(),
            "key": key,
            "event": table.event if table.event in rows.columns else None,
            "refers": {
                f: other
                for f, other in table.refers.items()
                if other in self.protected.tables and f in rows.columns
            },
            "opd": table.opd,
            "rows": written.rows,
            "rows_sha256": written.rows_sha256,
            "columns": columns,
            "files": files,
            "account": bodies.account(staged),
            "months": self._months(staged),
        }

    def _written(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema
    ) -> tuple[WrittenTable, dict[str, Any]]:
        with new_object(self.shelf, "parquet") as parquet, new_object(self.shelf, "csv") as csv:
            written = write_table(batches, schema, parquet=parquet.path, csv=csv.path)
            files = {"parquet": parquet.keep().reference, "csv": csv.keep().reference}
        return written, files

    def _written_csv(self, rows: pa.Table) -> dict[str, Any]:
        with new_object(self.shelf, "csv") as csv:
            write_table(rows.to_batches(), rows.schema, csv=csv.path)
            return dict(csv.keep().reference)

    def _derived(self, table: DerivedTable) -> dict[str, Any]:
        rows = pa.Table.from_pylist([dict(row) for row in table.rows], schema=CELLS)
        _, files = self._written(iter(rows.to_batches()), CELLS)
        return {
            "title": table.title.as_dict(),
            "caution": table.caution.as_dict(),
            "of": table.of,
            "rows": rows.num_rows,
            "files": files,
            "cells": rows.to_pylist(),
        }

    def _words(self) -> dict[str, Any]:
        """What each of the agency's words was taken to mean; not those of fields that stay inside."""
        policy = self.protected.policy["fields"]
        assert isinstance(policy, Mapping)
        rows = [
            {
                "table": name,
                "field": one.field,
                "word": one.word,
                "meaning": one.meaning,
                "rows": one.rows,
                "reason": one.reason,
            }
            for name, staged in self.protected.tables.items()
            for one in staged.crosswords
            if policy[name].get(one.field) != "withheld"
        ]
        return {**self._written_csv(pa.Table.from_pylist(rows, schema=WORDS)), "rows": len(rows)}

    def _months(self, staged: StagedTable) -> dict[str, int]:
        rows, event = staged.rows, staged.standard.event
        if event not in rows.columns:
            return {}
        dated = rows.filter(rows[event].notnull()).select(year=rows[event].year(), month=rows[event].month())
        counted = self.engine.fetch(dated.group_by(["year", "month"]).agg(rows=dated.count())).to_pylist()
        return {
            f"{one['year']:04}-{one['month']:02}": one["rows"]
            for one in sorted(counted, key=lambda o: (o["year"], o["month"]))
        }

    def _period(self, staged: StagedTable) -> list[date]:
        rows, event = staged.rows, staged.standard.event
        if event not in rows.columns:
            return []
        ends = self.engine.fetch(rows.aggregate(first=rows[event].min(), last=rows[event].max())).to_pylist()[
            0
        ]
        return [day for day in ends.values() if day is not None]

    def _finished(self, body: dict[str, Any], head: Manifest | None) -> dict[str, Any] | None:
        """The body on top of what is published now; None where that says the same already."""
        before = head_release(self.shelf, self.agency.slug, self.dataset.key)
        if before and before.body.get("content_sha256") == body["content_sha256"]:
            return None
        self.progress("comparing with the release before")
        finished = body | {"changes": self._changes(body, before), "findings": bodies.findings(self.findings)}
        version = head.version + 1 if head else 1
        context = DocumentContext(
            body=finished, agency=self.agency.slug, dataset=self.dataset.key, version=version, site=self.site
        )
        record = run_checks(
            replace(
                self.subject, body=finished, files=self._files(finished), documents=render_documents(context)
            ),
            "record",
        )
        self.findings = (*self.protected.findings, *record)
        if stop := blocked(self.findings, where=f"{self.agency.slug}/{self.dataset.key}"):
            raise stop
        finished["findings"] = bodies.findings(self.findings)
        plain: dict[str, Any] = json.loads(json.dumps(finished, sort_keys=True))  # as readers will have it
        documents = render_documents(replace(context, body=plain))
        plain["documents"] = {
            name: store_bytes(self.shelf, data, name.rpartition(".")[2]).reference
            for name, data in documents.items()
        }
        return plain

    def _changes(self, body: Mapping[str, Any], before: Manifest | None) -> dict[str, Any]:
        if before is None:
            changes = first_release({name: table["rows"] for name, table in body["tables"].items()})
        else:
            old, new = before.body["tables"], body["tables"]
            keys = {name: new.get(name, old.get(name))["key"] for name in sorted({*old, *new})}
            changes = changes_between(self._rows_of(old), self._rows_of(new), keys, self.engine)
        return {
            "added": changes.added,
            "changed": changes.changed,
            "withdrawn": changes.withdrawn,
            "file": self._changes_file(changes),
        }

    def _changes_file(self, changes: Changes) -> dict[str, Any] | None:
        return None if changes.rows is None else self._written_csv(changes.rows)

    def _rows_of(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.engine.read(object_path(self.shelf, table["files"]["parquet"]["object"]))
            for name, table in tables.items()
        }

    def _files(self, body: Mapping[str, Any]) -> dict[str, Path]:
        return {
            f"{name}.{kind}": object_path(self.shelf, reference["object"])
            for part in ("tables", "derived")
            for name, table in body[part].items()
            for kind, reference in table["files"].items()
        }
