"""The query of IAPro's own program as a CSV: one row for each incident, several values in a cell."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import pyarrow as pa

CSV_TRAPS: Mapping[str, str] = {
    "bom": "The file begins with a byte order mark.",
    "packed_uneven": "Cells that belong together hold different numbers of lines.",
    "column_shift": "A row has one cell too many, so that what follows stands one column to the right.",
}
PLAIN = (
    "FILENUM", "INCIDENT_TYPE", "OCCURRED_DT", "RECEIVED_DT", "COMPLETED_DT", "STATUS", "DISPOSITION",
    "UDTEXT24A", "UDTEXT24B", "UDTEXT24C", "UDTEXT24D", "SERVICE_TYPE", "UOF_REASON",
)  # fmt: skip
ALIGNED = (  # cells whose lines belong together
    ("Officer", "Force type", "Allegation", "Finding"),
    ("Citizen race", "Citizen sex", "Citizen age"),
)
COLUMNS = (*PLAIN, *(name for group in ALIGNED for name in group))
RANK = {
    "Police Officer": "Ofc.",
    "Police Recruit": "Rec.",
    "Detective": "Det.",
    "Sergeant": "Sgt.",
    "Lieutenant": "Lt.",
    "Captain": "Capt.",
}
Record: TypeAlias = dict[str, Any]


def records(tables: Mapping[str, pa.Table], name: str) -> list[Record]:
    """The rows of a table; none where it is absent."""
    return tables[name].to_pylist() if name in tables else []


def grouped(rows: list[Record], column: str) -> dict[int, list[Record]]:
    """The rows by a key that several may share."""
    found: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def text(value: object) -> str:
    """A cell as the program writes it: dates as month/day/year, nothing as nothing."""
    if isinstance(value, datetime):
        return f"{value:%m/%d/%Y}"
    return "" if value is None else str(value)


@contextmanager
def whole_file(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file to write to, which appears under its name when all of it is written and on the disk."""
    half = path.with_name(f"{path.name}.half")
    with half.open("w", encoding=encoding, newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def write_packed_csv(tables: Mapping[str, pa.Table], path: Path, *, traps: Collection[str] = ()) -> None:
    """One row for each incident that has a file number; forms in the chain and stubs have none.

    A blank line under Officer is the same officer as above. Lines of Officer, Force type, Allegation and
    Finding belong together, so do those of Citizen race, sex and age; a line may be blank.
    traps: of CSV_TRAPS.
    """
    links = grouped(records(tables, "ASSOC_INC_OFF"), "INCNUM")
    people = grouped(records(tables, "ASSOC_INC_CIT"), "INCNUM")
    force = grouped(records(tables, "USES_OF_FORCE"), "AIO_NUM")
    allegations = grouped(records(tables, "ALLEGATIONS"), "AIO_NUM")
    officers = {row["OFFNUM"]: row for row in records(tables, "OFFICERS")}
    citizens = {row["CITNUM"]: row for row in records(tables, "CITIZENS")}
    with whole_file(path, "utf-8-sig" if "bom" in traps else "utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in records(tables, "INCIDENTS"):
            if not (row["FILENUM"] or "").strip() or row["FILENUM"] == "NULL":
                continue
            lines: list[tuple[str, str, str, str]] = []
            for link in links[row["INCNUM"]]:
                lines += _officer_lines(
                    officers[link["OFFNUM"]], force[link["AIO_NUM"]], allegations[link["AIO_NUM"]]
                )
            met = [
                (
                    text(citizens[one["CITNUM"]]["RACE"]),
                    text(citizens[one["CITNUM"]]["SEX"]),
                    text(one["CIT_AGE"]),
                )
                for one in people[row["INCNUM"]]
            ]
            cells = [text(row[name]) for name in PLAIN] + _packed(lines, 4) + _packed(met, 3)
            writer.writerow(_odd(cells, row["INCNUM"], traps))


def _officer_lines(
    officer: Record, force: list[Record], allegations: list[Record]
) -> list[tuple[str, str, str, str]]:
    rank = RANK.get(officer["TITLE"], "")
    name = f"{rank} {officer['FNAM']} {officer['LNAM']}".strip()
    lines = []
    for place in range(max(1, len(force), len(allegations))):
        used = force[place] if place < len(force) else {}
        said = allegations[place] if place < len(allegations) else {}
        words = (used.get("UOF_FORCE_TYPE"), said.get("ALLEGATION"), said.get("FINDING"))
        kind, allegation, finding = (text(word) for word in words)
        lines.append(("" if place else name, kind, allegation, finding))
    return lines


def _packed(lines: list[Any], width: int) -> list[str]:
    return ["\n".join(column) for column in zip(*lines, strict=True)] if lines else [""] * width


def _odd(cells: list[str], key: int, traps: Collection[str]) -> list[str]:
    """The row with its trap, if it is one of the few: which ones, hangs on the incident's number alone."""
    force = COLUMNS.index("Force type")
    if "packed_uneven" in traps and key % 61 == 0:
        return [*cells[:force], f"{cells[force]}\nL1-Hands", *cells[force + 1 :]]
    if "column_shift" in traps and key % 89 == 0:
        return [*cells[:6], "refuse verbal commands", *cells[6:]]
    return cells
