"""The whole way of a dataset: fetch, translate, check, protect, write, publish. No hooks, no scheduler."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from openbeat.agency import Agency, Dataset, TableMapping
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
from openbeat.stages import (
    Checked,
    Finding,
    Raw,
    Release,
    StagedTable,
)
from openbeat.standards import standards
from openbeat.stats import rate_tables
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
    with workspace.scratch() as scratch:
        engine = open_engine(workspace.engine, scratch=scratch, memory=workspace.memory)
        try:
            shelf = open_shelf(workspace.shelf)
            before = head_release(shelf, agency.slug, dataset.key)
            place = records or workspace.records or agency.home / "records"
            raws = _fetched(dataset, place, scratch, progress)
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


def _fetched(dataset: Dataset, place: Path, scratch: Path, progress: Progress) -> dict[str, Raw]:
    raws = {}
    for name, mapping in dataset.tables.items():
        progress(f"reading {name}")
        files, url = _places(mapping, place, name)
        settings = {key: tuple(v) if isinstance(v, list) else v for key, v in mapping.shape.items()}
        raws[name] = fetch(files, Shape(**settings), into=scratch / f"{name}.raw.parquet", url=url)  # type: ignore[arg-type]
    return raws


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
