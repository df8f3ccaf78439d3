"""The whole way of a dataset: fetch, translate, check, protect, write, publish. No hooks, no scheduler."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from openbeat.agency import Agency, Dataset, Iapro, TableMapping
from openbeat.checks import Subject, blocked, run_checks
from openbeat.engine import open_engine
from openbeat.errors import WrongSettings
from openbeat.mapping import translate
from openbeat.protect import SecretKey, hide_small_cells, protect
from openbeat.release.publisher import Progress, Publisher
from openbeat.release.shelf import (
    head_release,
    open_shelf,
)
from openbeat.sources import Shape, fetch
from openbeat.sources.held import fetch_held
from openbeat.sources.iapro import Gate
from openbeat.stages import (
    Checked,
    Finding,
    Raw,
    Release,
    StagedTable,
)
from openbeat.standards import standards
from openbeat.stats import rate_tables
from openbeat.vault import Vault, open_vault, read_vault_key
from openbeat.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to: the account of each table, the findings, and the release (none on a dry run)."""

    agency: str
    dataset: str
    tables: Mapping[str, StagedTable]
    findings: tuple[Finding, ...]
    release: Release | None


def run_dataset(
    workspace: Workspace,
    agency: Agency,
    dataset: Dataset,
    key: SecretKey,
    *,
    now: datetime,
    records: Path | None = None,
    only_check: bool = False,
    progress: Progress = lambda step: None,
) -> Outcome:
    """Publishes what is new of a dataset; with `only_check`, goes the same way and publishes nothing.

    Raises Blocked where a blocking check found something; nothing is published then.
    """
    standard = standards()[dataset.key]
    held = any(table.vault for table in dataset.tables.values())
    with workspace.scratch(confidential=held) as scratch:
        engine = open_engine(workspace.engine, scratch=scratch, memory=workspace.memory)
        try:
            shelf = open_shelf(workspace.shelf)
            before = head_release(shelf, agency.slug, dataset.key)
            place = records or workspace.records or agency.home / "records"
            raws = _fetched(workspace, agency, dataset, place, scratch, progress)
            progress("mapping the agency's words")
            mapped = translate(raws, standard, dataset, agency, engine)
            subject = Subject(
                agency=agency,
                dataset=dataset,
                standard=standard,
                engine=engine,
                now=now,
                previous=before.body if before else None,
                mapped=mapped,
            )
            progress("checking")
            checked = Checked(mapped=mapped, findings=run_checks(subject, "mapped"))
            progress("counting rates")
            derived = hide_small_cells(rate_tables(mapped, engine), least=agency.small_cells)
            progress("protecting")
            protected = protect(checked, derived, agency, key, engine)
            subject = replace(subject, protected=protected)
            findings = (*checked.findings, *run_checks(subject, "protected"))
            protected = replace(protected, findings=findings)
            if not only_check and (stop := blocked(findings, where=f"{agency.slug}/{dataset.key}")):
                raise stop
            release, findings = (None, findings)
            if not only_check:
                release, findings = Publisher(shelf, subject, protected, workspace.site, progress).publish()
            return Outcome(
                agency=agency.slug,
                dataset=dataset.key,
                tables=protected.tables,
                findings=findings,
                release=release,
            )
        finally:
            engine.close()


def _fetched(
    workspace: Workspace, agency: Agency, dataset: Dataset, place: Path, scratch: Path, progress: Progress
) -> dict[str, Raw]:
    raws = {}
    vault = _vault(workspace, agency, dataset)
    for name, mapping in dataset.tables.items():
        progress(f"reading {name}")
        into = scratch / f"{name}.raw.parquet"
        if mapping.vault and vault:
            wanted = {column for field in mapping.fields.values() for column in field.looks_at}
            wanted |= {rows.column for rows in mapping.ignored_rows}
            source, gate = mapping.vault, _gate(agency, dataset)
            raws[name] = fetch_held(vault, source, (dataset.key, name), wanted, gate, into=into)
            continue
        files, url = _places(mapping, place, name)
        settings = {key: tuple(v) if isinstance(v, list) else v for key, v in mapping.shape.items()}
        raws[name] = fetch(files, Shape(**settings), into=into, url=url)  # type: ignore[arg-type]
    return raws


def _vault(workspace: Workspace, agency: Agency, dataset: Dataset) -> Vault | None:
    if not any(mapping.vault for mapping in dataset.tables.values()):
        return None
    return open_vault(workspace.vault / agency.slug, read_vault_key(workspace.root))


def _gate(agency: Agency, dataset: Dataset) -> Gate:
    iapro = agency.iapro or Iapro()
    return Gate(
        dataset=dataset.key,
        types=iapro.incident_types,
        ignored=iapro.ignored_types,
        releasable=iapro.releasable,
        placeholders=iapro.placeholders,
    )


def _places(mapping: TableMapping, place: Path, name: str) -> tuple[list[Path], str | None]:
    if mapping.database:
        url = os.environ.get(mapping.database)
        if not url:
            raise WrongSettings(
                "the environment does not name the database",
                where=f"table {name}",
                remedies=[f"export {mapping.database}=postgresql://… (or mssql+pytds://…, sqlite:///…)"],
            )
        return [], url
    files: list[Path] = []
    for pattern in mapping.files:
        found = sorted(place.glob(pattern))
        if not found:
            raise WrongSettings(
                f"no file is called {pattern!r}",
                where=f"table {name}, in {place}",
                remedies=[
                    "put the file there",
                    "name the folder with --records DIR",
                    "mend `files` in agency.toml",
                ],
            )
        files += [path for path in found if path not in files]
    return files, None
