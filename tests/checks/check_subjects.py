"""Small tables for the checks: a dataset of one agency, as it stands at each phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from openbeat.agency import Agency, Contact, Dataset, FieldMapping, Policy, TableMapping
from openbeat.checks import Subject, run_checks
from openbeat.engine import Engine
from openbeat.protect import SecretKey, protect
from openbeat.stages import Account, Checked, Finding, Mapped, Protected, StagedTable
from openbeat.standards import Words, standards

ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY = SecretKey(bytes(range(32)))
Rows = Sequence[Mapping[str, Any]]


def an_agency(**changes: Any) -> Agency:
    """An agency that says everything that it should say of itself."""
    agency = Agency(
        slug="springfield",
        home=Path(),
        name="Springfield Police Department",
        place="Springfield",
        time_zone="America/Chicago",
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        contact=Contact(name="Open data desk", email="data@example.org"),
        datasets={key: a_dataset(key, []) for key in ("stops", "arrests", "calls_for_service")},
        introduction=Words(en="Our records are yours.", es="Nuestros registros son suyos."),
        introduced_by="The Chief",
        complaint_process="https://example.org/complaints",
        policies=(Policy(topic="stops_and_searches", title="Stops", url="u", effective=date(2020, 1, 1)),),
        reviewed_by="City attorney",
        reviewed_on=date(2026, 6, 1),
    )
    return replace(agency, **changes)


def a_dataset(standard: str, tables: Sequence[str], **changes: Any) -> Dataset:
    """Settings in which every column has the name of its field."""
    mapped = {
        name: TableMapping(
            fields={key: FieldMapping(columns=(key,)) for key in standards()[standard].tables[name].fields}
        )
        for name in tables
    }
    dataset = Dataset(
        key=standard,
        frequency="P1Y",
        tables=mapped,
        notes=Words(en="Stops of patrol only.", es="Solo detenciones de patrulla."),
        next_release=date(2027, 1, 1),
        pending={"under review": 3},
    )
    return replace(dataset, **changes)


def staged(engine: Engine, standard: str, name: str, rows: Rows, **changes: Any) -> StagedTable:
    """A table of these rows; the agency lacks what no row names, and mapping leaves that empty."""
    table = standards()[standard].tables[name]
    given = {key: int(str(field.default)) for key, field in table.fields.items() if field.default}
    columns = [key for key in table.fields if key in given or any(key in row for row in rows)]
    schema = pa.schema([(key, ARROW[field.stored_as]) for key, field in table.fields.items()])
    plain = [{key: row.get(key, given.get(key)) for key in table.fields} for row in rows]
    one = StagedTable(
        standard=table,
        rows=engine.lookup(pa.Table.from_pylist(plain, schema=schema)),
        account=Account(read=len(rows), unpacked=0, refused={}),
        columns={key: (key,) for key in columns},
    )
    return replace(one, **changes)


def mapped(
    engine: Engine, standard: str, tables: Mapping[str, StagedTable | Rows], **changes: Any
) -> Subject:
    """What checks see after mapping."""
    made = {
        name: one if isinstance(one, StagedTable) else staged(engine, standard, name, one)
        for name, one in tables.items()
    }
    subject = Subject(
        agency=an_agency(),
        dataset=a_dataset(standard, list(tables)),
        standard=standards()[standard],
        engine=engine,
        now=NOW,
        mapped=Mapped(standard=standards()[standard], tables=made),
    )
    return replace(subject, **changes)


def protected(subject: Subject) -> Subject:
    """The same after the real protection."""
    assert subject.mapped is not None
    done = protect(Checked(mapped=subject.mapped, findings=()), (), subject.agency, KEY, subject.engine)
    return replace(subject, protected=done)


def leaking(subject: Subject, changed: Mapping[str, StagedTable | Rows] | None = None) -> Subject:
    """As if protection had let through what it was given, or these tables instead."""
    assert subject.mapped is not None
    made = {
        name: one if isinstance(one, StagedTable) else staged(subject.engine, subject.standard.key, name, one)
        for name, one in (changed or subject.mapped.tables).items()
    }
    tables = {name: replace(one, rows=one.rows.select(_leaving(one))) for name, one in made.items()}
    done = Protected(standard=subject.standard, tables=tables, derived=(), findings=(), policy={})
    return replace(subject, protected=done)


def _leaving(one: StagedTable) -> list[str]:
    return [name for name in one.rows.columns if name in one.columns or name not in one.standard.fields]


def fires(check: str, subject: Subject, phase: str) -> Finding:
    """The one finding of this check."""
    found = [one for one in run_checks(subject, phase) if one.check == check]
    assert len(found) == 1, [one.says.en for one in found]
    return found[0]


def silent(check: str, subject: Subject, phase: str) -> None:
    """Holds that this check finds nothing."""
    assert [one.says.en for one in run_checks(subject, phase) if one.check == check] == []
