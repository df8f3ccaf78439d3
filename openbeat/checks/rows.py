"""G3 and Q5 to Q8: how many rows there are, what they stand for, and where the others went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding, StagedTable

SPOKEN = spoken_in(__file__)
BAND = 0.20  # how far the number of rows may move between two releases
ONE_VALUE = ("text", "place")
EXACT_COPY = "exact copy of another row"


def _count_packed(staged: StagedTable) -> Mapping[str, ir.Value]:
    rows, wanted = staged.rows, {}
    for name in staged.columns:
        if staged.standard.fields[name].type in ONE_VALUE:
            wanted[f"packed__{name}"] = where_true(rows[name].contains("|") | rows[name].contains("\n"))
    if "incident_id" in staged.columns and [*staged.standard.primary] != ["incident_id"]:
        wanted["incidents"] = rows["incident_id"].nunique()
    return wanted


def _packed(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["G3"].says
    for name, counted in subject.counted.items():
        for key in counted:
            if key.startswith("packed__"):
                field = key.removeprefix("packed__")
                among = counted[f"present__{field}"]
                count = counted[key] or 0
                yield finding("G3", "W", says["packed"], count=count, among=among, table=name, field=field)
        if "incidents" in counted:
            among, events = counted["present__incident_id"], counted["incidents"]
            told = {"table": name, "field": "incident_id", "events": f"{events:,}"}
            yield finding("G3", "W", says["repeated"], count=among - events, among=among, **told)


def _volume(subject: Subject) -> Iterator[Finding]:
    if subject.body is not None:
        yield from _withdrawn(subject)
        return
    says, before = SPOKEN["Q5"].says, subject.previous["tables"] if subject.previous else {}
    for name, counted in subject.counted.items():
        rows, settings = counted["rows"], subject.dataset.tables[name]
        limits = {"few": settings.least_rows, "many": settings.most_rows}
        for key, limit in limits.items():
            off = 0 if limit is None else (limit - rows if key == "few" else rows - limit)
            if off > 0:
                yield finding("Q5", "B", says[key], count=off, among=limit or 0, table=name, rows=f"{rows:,}")
        if name in before:
            was, now = before[name]["rows"], rows - sum(before[name]["account"]["withheld"].values())
            off = abs(now - was)
            if off > BAND * was:
                yield finding("Q5", "W", says["jumped"], count=off, among=was, table=name, rows=f"{now:,}")
    for name in before.keys() - subject.counted.keys():
        was = before[name]["rows"]
        yield finding("Q5", "W", says["gone"], count=was, among=was, table=name)


def _withdrawn(subject: Subject) -> Iterator[Finding]:
    if subject.body and subject.previous:
        among = sum(table["rows"] for table in subject.previous["tables"].values())
        count = subject.body["changes"]["withdrawn"]
        yield finding("Q5", "W", SPOKEN["Q5"].says["withdrawn"], count=count, among=among)


def _twice(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["Q6"].says
    for name, staged in subject.tables.items():
        read, copies = staged.account.read, staged.account.refused.get(EXACT_COPY, 0)
        yield finding("Q6", "W", says["copies"], count=copies, among=read, table=name)
        minutes = [key for key in staged.columns if staged.standard.fields[key].type == "time"]
        # Without the minute, equal rows are what a busy day looks like.
        if not any(subject.counted[name][f"present__{key}"] for key in minutes):
            continue
        own = {*staged.standard.primary, *staged.standard.refers}
        told = [key for key in staged.columns if key not in own]
        timed = staged.rows.filter(staged.rows[minutes[0]].notnull())
        groups = timed.group_by(told).agg(alike=timed.count())
        extra = groups.aggregate(rows=(groups["alike"] - 1).sum(), among=groups["alike"].sum())
        counted = subject.engine.fetch(extra).to_pylist()[0]
        count, among = counted["rows"] or 0, counted["among"] or 0
        yield finding("Q6", "W", says["alike"], count=count, among=among, table=name)


def _left_out(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["Q7"].says
    for name, staged in subject.tables.items():
        total = subject.counted[name]["rows"] + sum(staged.account.refused.values())
        ignored = [one for one in staged.crosswords if one.meaning is None]
        for field in sorted({one.field for one in ignored}):
            words = [one for one in ignored if one.field == field]
            count = sum(one.rows for one in words)
            among, sentence = max(total, count), says["words"]
            yield finding(
                "Q7", "W", sentence, count=count, among=among, table=name, field=field, words=len(words)
            )
        columns = {column for file in staged.files for column in file.columns} | {*staged.ignored_columns}
        count, among = len(staged.ignored_columns), len(columns)
        yield finding("Q7", "W", says["columns"], count=count, among=among, table=name)


def _lost(subject: Subject) -> Iterator[Finding]:
    for name, staged in subject.tables.items():
        account, rows = staged.account, subject.counted[name]["rows"]
        went = rows + sum(account.refused.values()) + sum(account.withheld.values())
        off = abs(account.read + account.unpacked - went)
        if account.published and not account.adds_up:
            off = off or abs(account.published - rows)
        yield finding("Q8", "B", SPOKEN["Q8"].says["lost"], count=off, among=account.read, table=name)


CHECKS = (
    Check(
        key="G3",
        level="W",
        phases=("mapped",),
        words=SPOKEN["G3"],
        find=_packed,
        counts=_count_packed,
    ),
    Check(key="Q5", level="B", phases=("mapped", "record"), words=SPOKEN["Q5"], find=_volume),
    Check(key="Q6", level="W", phases=("mapped",), words=SPOKEN["Q6"], find=_twice),
    Check(key="Q7", level="W", phases=("mapped",), words=SPOKEN["Q7"], find=_left_out),
    Check(key="Q8", level="B", phases=("mapped", "protected"), words=SPOKEN["Q8"], find=_lost),
)
