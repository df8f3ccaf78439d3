"""How long publishing takes, against DuckDB's bare copy of the same rows in the same run.

    .venv/bin/python bench/publish.py [--quick] [--records FOLDER] [--runs N]

Publishes the Nashville stops (1.38 million rows: reading, mapping, checks, rates, protection, Parquet, CSV
and documents), then lets DuckDB copy the same Parquet files to Parquet and CSV and nothing else. Without the
real records, or with --quick, made-up rows of the same shape stand in, and the table says so. The last line
is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from openbeat.agency import load_agency
from openbeat.protect import SecretKey
from openbeat.release.pipeline import run_dataset
from openbeat.workspace import new_workspace

HERE = Path(__file__).resolve().parents[1]
AGENCY = HERE / "examples" / "agencies" / "nashville_tn" / "agency.toml"
PATTERN = "stops/nashville_tn/nashville_stops_*.parquet"
QUICK_ROWS = 60_000


def made_up(folder: Path, rows: int) -> Path:
    """Rows of the same columns as Nashville's, of made-up values, where the records are not at hand."""
    chance = random.Random(1)
    agency = load_agency(AGENCY).datasets["stops"].tables["stops"]
    used = {column: field for field in agency.fields.values() for column in field.looks_at}
    values: dict[str, Callable[[], str | None]] = {
        "Stop.Date.Time": lambda: f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/0{chance.randint(1, 7)}",
        "Race": lambda: chance.choice("WWWBBAU"),
        "Sex": lambda: chance.choice("MF"),
        "Suspect.Ethnicity": lambda: chance.choice("NNNY"),
        "Age.of.Suspect": lambda: str(chance.randint(16, 80)),
        "Officer.Employee.number": lambda: str(chance.randint(200_000, 201_500)),
        "Stop.Type": lambda: chance.choice(["MTV", "VEV", "INV"]),
        "Zone": lambda: None,
        "Reporting.Area": lambda: None,
        "Stop.Location.Street": lambda: f"{chance.randint(1, 9999)} MAIN ST",
        "year": lambda: "2007",
    }
    columns = {
        name: [values.get(name, lambda: chance.choice("NNNNNNNNY"))() for _ in range(rows)]
        for name in [*used, *agency.ignored_columns]
    }
    columns["ID"] = [str(number) for number in range(rows)]
    path = folder / PATTERN.replace("*", "2007")
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path)
    return folder


def published(records: Path, folder: Path) -> tuple[float, int]:
    """Seconds and rows of one publication into a new workspace."""
    workspace, agency = new_workspace(folder / "workspace"), load_agency(AGENCY)
    stops = agency.datasets["stops"]
    tables = {name: replace(table, least_rows=0, most_rows=None) for name, table in stops.tables.items()}
    began = time.perf_counter()
    outcome = run_dataset(
        workspace,
        agency,
        replace(stops, tables=tables),
        SecretKey(b"bench" * 8),
        now=datetime.now(UTC),
        records=records,
    )
    seconds = time.perf_counter() - began
    return seconds, outcome.tables["stops"].account.published


def copied(records: Path, folder: Path) -> float:
    """Seconds that DuckDB takes to copy the same files to Parquet and CSV."""
    began = time.perf_counter()
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(records / PATTERN), union_by_name=True)
        rows.write_parquet(str(folder / "copy.parquet"), compression="zstd")
        rows.write_csv(str(folder / "copy.csv"))
    return time.perf_counter() - began


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few made-up rows, one run")
    parser.add_argument("--records", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    runs = 1 if options.quick else options.runs
    with tempfile.TemporaryDirectory() as name:
        folder, records = Path(name), options.records
        real = not options.quick and any(records.glob(PATTERN))
        if not real:
            records = made_up(folder / "records", QUICK_ROWS)
        ours, theirs, rows = [], [], 0
        for run in range(runs):  # in turns, so that a busy moment falls on both
            place = folder / str(run)
            place.mkdir()
            theirs.append(copied(records, place))
            seconds, rows = published(records, place)
            ours.append(seconds)
            shutil.rmtree(place)
    ratio = min(ours) / min(theirs)
    what = "Nashville stops" if real else "made-up stops"
    table = Table(title=f"{rows:,} {what}, best of {runs}, {os.cpu_count()} cores")
    table.add_column("what")
    table.add_column("seconds", justify="right")
    table.add_row("DuckDB: Parquet to Parquet and CSV, nothing else", f"{min(theirs):.2f}")
    table.add_row("openbeat publish: the whole way", f"{min(ours):.2f}")
    table.add_row("ratio (aim: at most 4)", f"{ratio:.2f}")
    Console().print(table)
    figures = {"rows": rows, "real": real, "publish_s": ours, "copy_s": theirs, "ratio": round(ratio, 3)}
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
