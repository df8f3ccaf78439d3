"""Q1, Q2 and R1: values that cannot be read, cannot be, or contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, graded, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.engine import holds, violates
from openbeat.stages import Finding, StagedTable
from openbeat.standards import Rule, Table, Words
from openbeat.standards.conditions import fields_of

SPOKEN = spoken_in(__file__)
MOMENTS = ("date", "time", "month")
NUMBERS = ("integer", "year", "number", "latitude", "longitude")
YOUNGEST_OFFICER = 18
YOUNGEST_RECRUIT = 16  # tenure counts cadets; nobody served before that age

# Why mapping could not use a value, as `Problem.kind` has it.
KINDS = {
    "not a date": "no es una fecha",
    "not a time": "no es una hora",
    "not a month": "no es un mes",
    "not a number": "no es un número",
    "not a whole number": "no es un número entero",
    "not a position": "no es una posición",
    "outside the possible range": "fuera del rango posible",
}


def rules_of(staged: StagedTable, *, of_dates: bool) -> Iterator[Rule]:
    """The rules on the order of dates, or the other rules; only where the agency has the fields."""
    for rule in staged.standard.rules:
        present = fields_of(rule.given) | fields_of(rule.then) <= set(staged.columns)
        if present and _orders_dates(rule, staged.standard) is of_dates:
            yield rule


def _orders_dates(rule: Rule, table: Table) -> bool:
    named = fields_of(rule.then)
    return len(named) > 1 and all(table.fields[name].type in MOMENTS for name in named)


def _unreadable(check: str, types: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    for name, staged in subject.tables.items():
        odd: dict[str, Counter[str]] = {}
        for problem in staged.problems:
            field = staged.standard.fields.get(problem.where)
            if field and field.type in types:
                odd.setdefault(field.key, Counter())[problem.kind] += problem.count
        for key, kinds in odd.items():
            count = kinds.total()
            among = count + subject.counted[name][f"present__{key}"]
            why = Words(en=", ".join(kinds), es=", ".join(KINDS.get(kind, kind) for kind in kinds))
            says, level = SPOKEN[check].says["unreadable"], graded(count, among)
            yield finding(check, level, says, count=count, among=among, table=name, field=key, kinds=why)


def _broken(check: str, subject: Subject) -> Iterator[Finding]:
    for name, staged in subject.tables.items():
        counted = subject.counted[name]
        for rule in rules_of(staged, of_dates=check == "Q1"):
            count, among = counted[f"broken__{rule.key}"] or 0, counted[f"under__{rule.key}"] or 0
            says, level = SPOKEN[check].says["broken"], graded(count, among) if check == "Q1" else "W"
            yield finding(
                check, level, says, count=count, among=among, table=name, field=rule.key, rule=rule.about
            )


def _count_broken(of_dates: bool, staged: StagedTable) -> Mapping[str, ir.Value]:
    wanted: dict[str, ir.Value] = {}
    for rule in rules_of(staged, of_dates=of_dates):
        wanted[f"broken__{rule.key}"] = where_true(violates(rule.given, rule.then, staged.rows))
        wanted[f"under__{rule.key}"] = where_true(holds(rule.given, staged.rows))
    return wanted


def _dates(subject: Subject) -> Iterator[Finding]:
    yield from _unreadable("Q1", MOMENTS, subject)
    yield from _broken("Q1", subject)


def _numbers(subject: Subject) -> Iterator[Finding]:
    yield from _unreadable("Q2", NUMBERS, subject)
    for name, counted in subject.counted.items():
        for key, known, field in (
            ("too_young", "present__officer_age", "officer_age"),
            ("too_long", "age_and_service", "officer_years_of_service"),
        ):
            count, among, says = counted.get(key) or 0, counted.get(known) or 0, SPOKEN["Q2"].says[key]
            level = graded(count, among)
            yield finding("Q2", level, says, count=count, among=among, table=name, field=field)


def _count_officers(staged: StagedTable) -> Mapping[str, ir.Value]:
    rows, wanted = staged.rows, {}
    if "officer_age" in staged.columns:
        wanted["too_young"] = where_true(rows["officer_age"] < YOUNGEST_OFFICER)
        if "officer_years_of_service" in staged.columns:
            too_long = rows["officer_years_of_service"] > rows["officer_age"] - YOUNGEST_RECRUIT
            wanted["too_long"] = where_true(too_long)
            wanted["age_and_service"] = too_long.count()
    return wanted


CHECKS = (
    Check(
        key="Q1",
        level="B",
        phases=("mapped",),
        words=SPOKEN["Q1"],
        find=_dates,
        counts=partial(_count_broken, True),
    ),
    Check(
        key="Q2",
        level="B",
        phases=("mapped",),
        words=SPOKEN["Q2"],
        find=_numbers,
        counts=_count_officers,
    ),
    Check(
        key="R1",
        level="W",
        phases=("mapped",),
        words=SPOKEN["R1"],
        find=partial(_broken, "R1"),
        counts=partial(_count_broken, False),
    ),
)
