"""C9, D1 to D3, G4 and U3: the catalogue record, the summaries and the rates of a finished release."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.engine import holds
from openbeat.stages import Finding
from openbeat.standards import Rate

SPOKEN = spoken_in(__file__)
DCAT, CITATION = "dcat-us-1.1.json", "citation.txt"


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_text, value))


def _with(*keys: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Mapping) and all(_text(value.get(key)) for key in keys)


# resources.data.gov/resources/dcat-us: required always, and `license` because the data are open.
REQUIRED: Mapping[str, Callable[[object], bool]] = {
    "title": _text,
    "description": _text,
    "keyword": _texts,
    "modified": _text,
    "publisher": _with("name"),
    "contactPoint": _with("fn", "hasEmail"),
    "identifier": _text,
    "accessLevel": lambda value: value in ("public", "restricted public", "non-public"),
    "license": _text,
}
HELPFUL = ("describedBy", "temporal", "spatial")


def _dcat(subject: Subject) -> Mapping[str, Any] | None:
    """The record of the dataset, alone or as the one record of a catalogue."""
    try:
        found = json.loads(subject.documents.get(DCAT, b""))
    except ValueError:
        return None
    if isinstance(found, dict) and isinstance(found.get("dataset"), list) and found["dataset"]:
        found = found["dataset"][0]
    return found if isinstance(found, dict) else None


def _uncited(subject: Subject) -> Iterator[Finding]:
    cited = subject.documents.get(CITATION, b"").strip() and _text((_dcat(subject) or {}).get("identifier"))
    if subject.documents and not cited:
        yield finding("C9", "S", SPOKEN["C9"].says["absent"], count=1, among=1)


def _invalid(subject: Subject) -> Iterator[Finding]:
    if not subject.documents:
        return
    record, says = _dcat(subject), SPOKEN["D1"].says
    if record is None:
        yield finding("D1", "B", says["unreadable"], count=1, among=1)
        return
    wrong = [key for key, holds_for in REQUIRED.items() if not holds_for(record.get(key))]
    yield finding("D1", "B", says["absent"], count=len(wrong), among=len(REQUIRED), names=", ".join(wrong))


def _unhelpful(subject: Subject) -> Iterator[Finding]:
    record = _dcat(subject)
    if record is None:
        return
    absent = [key for key in HELPFUL if not record.get(key)]
    files = record.get("distribution") or [{}]
    if not all(isinstance(one, Mapping) and _text(one.get("mediaType")) for one in files):
        absent.append("distribution.mediaType")
    says, among = SPOKEN["D2"].says["absent"], len(HELPFUL) + 1
    yield finding("D2", "W", says, count=len(absent), among=among, names=", ".join(absent))


def _same(subject: Subject) -> Iterator[Finding]:
    tables = {name: table for name, table in subject.published_tables.items() if table["rows"]}
    times = Counter(table["rows_sha256"] for table in tables.values())
    twice = [name for name, table in tables.items() if times[table["rows_sha256"]] > 1]
    says = SPOKEN["D3"].says["same"]
    yield finding("D3", "W", says, count=len(twice), among=len(tables), names=", ".join(twice))


def _unequal(subject: Subject) -> Iterator[Finding]:
    if subject.body is None:
        return
    says, rates, derived = SPOKEN["G4"].says, subject.standard.rates, subject.body["derived"]
    if rates and not derived:
        yield finding("G4", "W", says["none"], count=len(rates), among=len(rates))
    for name, table in subject.published_tables.items():
        if table["event"]:
            undated = next(one["missing"] for one in table["columns"] if one["name"] == table["event"])
            dated = table["rows"] - undated
            off = abs(sum(table["months"].values()) - dated)
            yield finding("G4", "W", says["months"], count=off, among=dated, table=name)
    for rate in rates:
        named = [name for name in derived if name == rate.key or name.startswith(f"{rate.key}_by_")]
        recounted = _recounted(rate, subject) if named else None
        for name in named:
            whole = _whole(derived[name]["cells"])
            if whole and recounted:
                count, among = recounted
                off = abs(whole["count"] - count) + abs(whole["among"] - among)
                yield finding("G4", "W", says["rate"], count=off, among=among, table=name)


def _whole(cells: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The cell of everything together, where it is not suppressed."""
    return next(
        (
            cell
            for cell in cells
            if cell["year"] is None
            and cell["place"] is None
            and cell["group"] is None
            and not cell["suppressed"]
        ),
        None,
    )


def _recounted(rate: Rate, subject: Subject) -> tuple[int, int] | None:
    """How many of how many rows the rate counts, straight from the rows inside the agency."""
    if subject.mapped is None:
        return None
    rows = subject.mapped.tables[rate.table].rows
    among = holds(rate.among, rows)
    wanted = {"count": where_true(among & holds(rate.count, rows)), "among": where_true(among)}
    found = subject.engine.fetch(rows.aggregate(**wanted)).to_pylist()[0]
    return found["count"] or 0, found["among"] or 0


def _uncertain(subject: Subject) -> Iterator[Finding]:
    for name, table in (subject.body["derived"] if subject.body else {}).items():
        shown = [cell for cell in table["cells"] if not cell["suppressed"]]
        needed = ("count", "among", "share", "low", "high")
        bare = [cell for cell in shown if any(cell.get(key) is None for key in needed)]
        says = SPOKEN["U3"].says["bare"]
        yield finding("U3", "W", says, count=len(bare), among=len(shown), table=name)


CHECKS = (
    Check(key="C9", level="S", phases=("record",), words=SPOKEN["C9"], find=_uncited),
    Check(key="D1", level="B", phases=("record",), words=SPOKEN["D1"], find=_invalid),
    Check(key="D2", level="W", phases=("record",), words=SPOKEN["D2"], find=_unhelpful),
    Check(key="D3", level="W", phases=("record",), words=SPOKEN["D3"], find=_same),
    Check(key="G4", level="W", phases=("record",), words=SPOKEN["G4"], find=_unequal),
    Check(key="U3", level="W", phases=("record",), words=SPOKEN["U3"], find=_uncertain),
)
