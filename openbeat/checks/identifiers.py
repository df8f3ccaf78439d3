"""P1, P2, P3 and P7: nothing that leaves names a person, by its column, by its pattern or in free text.

The patterns are those that DuckDB (RE2) and Spark (Java) read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding, StagedTable
from openbeat.standards import Words

SPOKEN = spoken_in(__file__)
SCANNED = ("text", "place", "free_text")
PSEUDONYM_LENGTH = 21  # a letter and 20 hexadecimal digits
LONG = 100

PERSONAL = re.compile(
    r"(^|_)((first|last|middle|full|given|family|maiden|nick|officer|subject|victim|suspect|person)_?name|dob"
    r"|birth_?da(te|y)|date_of_birth|badge|employee_(no|number|id)|shield|ssn|social_security|plate|vin|phone|email"
    r"|licen[cs]e_(no|number|plate)|home_address|street_number|house_number)(_|$)"
)


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What a piece of text looks like, and where it is looked for."""

    what: Words
    sign: str
    but_not: str | None = None
    types: tuple[str, ...] = SCANNED


PATTERNS: Mapping[str, tuple[Pattern, ...]] = {
    "P1": (
        Pattern(
            what=Words(en="Social Security numbers", es="números de Seguro Social"),
            sign=r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b",
        ),
        Pattern(
            what=Words(en="phone numbers", es="números de teléfono"),
            sign=r"(\([0-9]{3}\) ?|\b[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}\b",
        ),
        Pattern(
            what=Words(en="e-mail addresses", es="direcciones de correo electrónico"),
            sign=r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
        ),
        Pattern(
            what=Words(en="vehicle identification numbers", es="números de identificación de vehículos"),
            sign=r"\b[A-HJ-NPR-Z0-9]{13}[0-9]{4}\b",
        ),
        Pattern(
            what=Words(en="licence plates", es="placas de vehículos"),
            sign=r"(?i)\b(plate|tag|placa)s?\b[ :#.a-z]{0,8}"
            r"\b([a-z]{2,3}[ -]?[0-9]{3,4}|[0-9]{3,4}[ -]?[a-z]{2,3}|[0-9][a-z]{3}[0-9]{3})\b",
        ),
        Pattern(
            what=Words(en="dates of birth", es="fechas de nacimiento"),
            sign=r"(?i)\b(dob|d\.o\.b|date of birth|born|nacid[oa]|fecha de nacimiento)\b"
            r"[^0-9]{0,12}[0-9]{1,4}[-/ ]",
        ),
        Pattern(
            what=Words(en="house numbers", es="números de casa"),
            sign=r"^ *[0-9]+[A-Za-z]?(-[0-9]+)? +[^0-9 ]",
            but_not=r"(?i)^ *(0|[0-9]*00) +block\b",
            types=("place",),
        ),
        Pattern(
            what=Words(en="street addresses", es="domicilios"),
            sign=r"(?i)\b[0-9]{1,6} +([nsew]\.? +)?([a-z]+ +){1,2}"
            r"(st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|ct|court|pl|pkwy)\b",
            but_not=r"(?i)\b(0|[0-9]*00) +block\b",
            types=("text", "free_text"),
        ),
    ),
    "P3": (
        Pattern(
            what=Words(en="case numbers", es="números de caso"),
            sign=r"\b([A-Z]{1,4}(19|20)?[0-9]{2}-[0-9]{4,7}|(19|20)[0-9]{2}-[0-9]{5,8})\b",
        ),
    ),
}


def _columns(subject: Subject) -> Iterator[tuple[str, StagedTable, str, str]]:
    """Each column about to leave: its table, name and type."""
    for name, staged in subject.tables.items():
        for column in staged.rows.columns:
            if column in staged.standard.fields:
                yield name, staged, column, staged.standard.fields[column].type


def _named(subject: Subject) -> Iterator[Finding]:
    for name, _, column, kind in _columns(subject):
        if kind != "id" and PERSONAL.search(column):
            count, among = subject.counted[name][f"present__{column}"], subject.counted[name]["rows"]
            says = SPOKEN["P1"].says["column"]
            yield finding("P1", "B", says, count=count, among=among, table=name, field=column)
    yield from _looks_like("P1", subject)


def _looks_like(check: str, subject: Subject) -> Iterator[Finding]:
    says = SPOKEN[check].says["pattern"]
    for name, staged, column, kind in _columns(subject):
        patterns = [pattern for pattern in PATTERNS[check] if kind in pattern.types]
        among = subject.counted[name][f"present__{column}"]
        if not patterns or not among:
            continue
        for pattern, count in zip(patterns, _hits(staged.rows, column, patterns, subject), strict=True):
            yield finding(
                check, "B", says, count=count, among=among, table=name, field=column, what=pattern.what
            )


def _hits(rows: ir.Table, column: str, patterns: list[Pattern], subject: Subject) -> list[int]:
    """How many rows each pattern is found in; each different text is looked at once."""
    texts = rows.filter(rows[column].notnull()).group_by(column).agg(rows__=lambda same: same.count())
    wanted = {}
    for number, pattern in enumerate(patterns):
        found = texts[column].re_search(pattern.sign)
        if pattern.but_not:
            found = found & ~texts[column].re_search(pattern.but_not)
        wanted[f"pattern_{number}"] = texts["rows__"].sum(where=found)
    counted = subject.engine.fetch(texts.aggregate(**wanted)).to_pylist()[0]
    return [int(count or 0) for count in counted.values()]


def _count_ids(staged: StagedTable) -> Mapping[str, ir.Value]:
    fields, rows = staged.standard.fields, staged.rows
    return {
        f"bare__{name}": where_true(
            (rows[name].length() != PSEUDONYM_LENGTH)
            | (rows[name].substr(0, 1) != str(fields[name].domain)[0])
        )
        for name in rows.columns
        if name in fields and fields[name].type == "id"
    }


def _bare(subject: Subject) -> Iterator[Finding]:
    for name, _, column, kind in _columns(subject):
        if kind == "id":
            count, among = (
                subject.counted[name][f"bare__{column}"] or 0,
                subject.counted[name][f"present__{column}"],
            )
            says = SPOKEN["P2"].says["bare"]
            yield finding("P2", "B", says, count=count, among=among, table=name, field=column)


def _count_long(staged: StagedTable) -> Mapping[str, ir.Value]:
    fields, rows = staged.standard.fields, staged.rows
    texts = [name for name in rows.columns if name in fields and fields[name].type == "text"]
    return {f"long__{name}": where_true(rows[name].length() > LONG) for name in texts}


def _free(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["P7"].says
    for name, _, column, kind in _columns(subject):
        counted = subject.counted[name]
        present = counted[f"present__{column}"]
        if kind == "free_text":
            yield finding(
                "P7", "W", says["free"], count=present, among=counted["rows"], table=name, field=column
            )
        if kind == "text":
            count = counted[f"long__{column}"] or 0
            yield finding("P7", "W", says["long"], count=count, among=present, table=name, field=column)


CHECKS = (
    Check(key="P1", level="B", phases=("protected",), words=SPOKEN["P1"], find=_named),
    Check(
        key="P2",
        level="B",
        phases=("protected",),
        words=SPOKEN["P2"],
        find=_bare,
        counts=_count_ids,
    ),
    Check(key="P3", level="B", phases=("protected",), words=SPOKEN["P3"], find=partial(_looks_like, "P3")),
    Check(
        key="P7",
        level="W",
        phases=("protected",),
        words=SPOKEN["P7"],
        find=_free,
        counts=_count_long,
    ),
)
