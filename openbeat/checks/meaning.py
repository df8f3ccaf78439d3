"""C1, C2, C3, G5 and U2: whether a reader can know what each column, code and pseudonym means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir
import pyarrow.parquet as pq

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding, StagedTable
from openbeat.standards.model import BETWEEN_CODES

SPOKEN = spoken_in(__file__)
JUDGEMENTS = ("finding", "outcome", "disposition")
A_SENTENCE = 4  # words: shorter texts can be the same in two languages


def _undefined(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["C1"].says
    for name, table in subject.published_tables.items():
        for column in table["columns"]:
            told = all(column["about"].get(language) for language in ("en", "es"))
            unit = column["unit"] or column["kind"] != "number"
            if not (told and column["type"] and unit):
                yield finding(
                    "C1", "B", says["undefined"], count=1, among=1, table=name, field=column["name"]
                )
        if file := subject.files.get(f"{name}.parquet"):
            listed = [column["name"] for column in table["columns"]]
            for stray in sorted({*pq.read_schema(file).names} ^ {*listed}):
                yield finding("C1", "B", says["unlisted"], count=1, among=1, table=name, field=stray)


def _count_unlisted(staged: StagedTable) -> Mapping[str, ir.Value]:
    fields, rows = staged.standard.fields, staged.rows
    wanted = {}
    for name in rows.columns:
        if name in fields and fields[name].type == "code":
            codes = fields[name].codes
            wanted[f"unlisted__{name}"] = where_true(~rows[name].isin([*codes.codes] if codes else []))
    return wanted


def _unlisted(subject: Subject) -> Iterator[Finding]:
    for name, staged in subject.tables.items():
        for field in staged.rows.columns:
            known = staged.standard.fields.get(field)
            if known is None or known.codes is None:
                continue
            count = subject.counted[name].get(f"unlisted__{field}") or 0
            if known.type == "codes":
                count = _unlisted_among_several(staged.rows, field, {*known.codes.codes}, subject)
            among, says, codes = (
                subject.counted[name][f"present__{field}"],
                SPOKEN["C2"].says,
                known.codes.key,
            )
            yield finding(
                "C2", "B", says["unlisted"], count=count, among=among, table=name, field=field, codes=codes
            )


def _unlisted_among_several(rows: ir.Table, field: str, codes: set[str], subject: Subject) -> int:
    counted = rows.filter(rows[field].notnull()).group_by(field).agg(rows__=lambda same: same.count())
    cells = subject.engine.fetch(counted).to_pylist()
    return sum(cell["rows__"] for cell in cells if not {*cell[field].split(BETWEEN_CODES)} <= codes)


def _bare(subject: Subject) -> Iterator[Finding]:
    for key, one in (subject.body["code_lists"] if subject.body else {}).items():
        if any(word in key for word in JUDGEMENTS):
            codes = one["codes"].values()
            count = sum(code["about"]["en"].rstrip(".") in ("", code["title"]["en"]) for code in codes)
            yield finding("C3", "W", SPOKEN["C3"].says["bare"], count=count, among=len(codes), codes=key)


def _count_officers(staged: StagedTable) -> Mapping[str, ir.Value]:
    return {"officers": staged.rows["officer_id"].nunique()} if "officer_id" in staged.rows.columns else {}


def _officers(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["G5"].says
    for name, staged in subject.tables.items():
        if "officer_id" not in staged.standard.fields or "officer_id" in staged.standard.primary:
            continue
        counted = subject.counted[name]
        if "officers" not in counted:
            yield finding("G5", "S", says["absent"], count=1, among=1, table=name)
        elif 1 < counted["officers"] == counted["present__officer_id"]:
            count = counted["officers"]
            yield finding("G5", "S", says["unique"], count=count, among=count, table=name, field="officer_id")


def _texts(part: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, Mapping):
        if {*part} == {"en", "es"}:
            yield part
        else:
            for one in part.values():
                yield from _texts(one)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for one in part:
            yield from _texts(one)


def _only_english(subject: Subject) -> Iterator[Finding]:
    texts = [text for text in _texts(subject.body) if text["en"]]
    absent = [
        text
        for text in texts
        if not text["es"] or (text["es"] == text["en"] and len(text["en"].split()) >= A_SENTENCE)
    ]
    yield finding("U2", "S", SPOKEN["U2"].says["absent"], count=len(absent), among=len(texts))


CHECKS = (
    Check(key="C1", level="B", phases=("record",), words=SPOKEN["C1"], find=_undefined),
    Check(
        key="C2",
        level="B",
        phases=("protected",),
        words=SPOKEN["C2"],
        find=_unlisted,
        counts=_count_unlisted,
    ),
    Check(key="C3", level="W", phases=("record",), words=SPOKEN["C3"], find=_bare),
    Check(
        key="G5",
        level="S",
        phases=("protected",),
        words=SPOKEN["G5"],
        find=_officers,
        counts=_count_officers,
    ),
    Check(key="U2", level="S", phases=("record",), words=SPOKEN["U2"], find=_only_english),
)
