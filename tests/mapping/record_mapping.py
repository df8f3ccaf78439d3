"""What the specifications of this room share: a small file, an agency that maps it, and what came out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from openbeat.agency import Agency, load_agency
from openbeat.engine import open_engine
from openbeat.mapping import translate
from openbeat.sources import Shape, fetch
from openbeat.stages import StagedTable
from openbeat.standards import standards

HEAD = """
name = "Police Department of Smallville"
place = "Smallville, Kansas"
time_zone = "America/Chicago"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
contact = { name = "Records", email = "records@example.org" }

[datasets.stops]
frequency = "P1Y"

[datasets.stops.tables.stops]
files = ["*.csv"]
"""


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """A CSV file of these columns and rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def agency_of(folder: Path, settings: str) -> Agency:
    """The agency whose table of stops has these settings, beside what every agency must say."""
    home = folder / "smallville_ks"
    home.mkdir(exist_ok=True)
    (home / "agency.toml").write_text(HEAD + settings, "utf-8")
    return load_agency(home / "agency.toml")


def mapped(folder: Path, settings: str, *files: Path) -> tuple[StagedTable, pa.Table]:
    """The stops of the files, translated; the account and the rows, in the order of the files."""
    agency = agency_of(folder, settings)
    dataset = agency.datasets["stops"]
    shape = dataset.tables["stops"].shape
    raw = fetch(list(files), Shape(**shape), into=folder / "raw.parquet")  # type: ignore[arg-type]
    engine = open_engine("duckdb", scratch=folder)
    try:
        staged = translate({"stops": raw}, standards()["stops"], dataset, agency, engine).tables["stops"]
        return staged, engine.fetch(staged.rows.order_by(["_file", "_row", "_part"]))
    finally:
        engine.close()
