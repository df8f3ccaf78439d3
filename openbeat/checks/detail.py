"""P4, P5 and P6: what leaves is coarse enough, most of all where people need protection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.engine import holds
from openbeat.stages import REDUCED, Finding, StagedTable
from openbeat.standards import SensitiveCase
from openbeat.standards.conditions import fields_of

SPOKEN = spoken_in(__file__)
SMALLEST_GROUP = 5
THOUSANDTH = 1e-6  # of a degree: what is left over by the arithmetic of floats


def _rare(subject: Subject) -> Iterator[Finding]:
    for name, staged in subject.tables.items():
        fields, rows = staged.standard.fields, staged.rows
        quasi = [one for one in rows.columns if one in fields and fields[one].privacy == "quasi"]
        if not quasi:
            continue
        groups = rows.group_by(quasi).agg(rows__=lambda same: same.count())
        few = groups["rows__"] < SMALLEST_GROUP
        counted = subject.engine.fetch(groups.aggregate(rare=groups["rows__"].sum(where=few))).to_pylist()
        count, among = counted[0]["rare"] or 0, subject.counted[name]["rows"]
        says, told = SPOKEN["P4"].says["rare"], ", ".join(quasi)
        yield finding("P4", "W", says, count=count, among=among, table=name, fields=told)


def _marked(case: SensitiveCase, rows: ir.Table) -> ir.BooleanValue:
    return (ibis.literal("|") + rows[REDUCED] + "|").contains(f"|{case.key}|").fill_null(False)


def _cases(staged: StagedTable) -> Iterator[SensitiveCase]:
    for case in staged.standard.sensitive:
        if not fields_of(case.when).isdisjoint(staged.columns):
            yield case


def _count_detail(staged: StagedTable) -> Mapping[str, ir.Value]:
    rows, wanted = staged.rows, {}
    for case in _cases(staged) if REDUCED in rows.columns else ():
        marked = _marked(case, rows)
        wanted[f"marked__{case.key}"] = where_true(marked)
        for name in case.remove:
            if name in rows.columns:
                wanted[f"kept__{case.key}__{name}"] = where_true(marked & rows[name].notnull())
        for name, publish in case.coarsen.items():
            if name in rows.columns and publish == "month":
                wanted[f"kept__{case.key}__{name}"] = where_true(marked & (rows[name].day() != 1))
    for name in rows.columns:
        if name in staged.standard.fields and staged.standard.fields[name].type in ("latitude", "longitude"):
            milli = rows[name] * 1000
            wanted[f"exact__{name}"] = where_true((milli - (milli + 0.5).floor()).abs() > THOUSANDTH)
    return wanted


def _sensitive(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["P5"].says
    for name, staged in subject.tables.items():
        counted, wanted = subject.counted[name], _called_for(name, subject)
        for case in _cases(staged):
            marked = counted.get(f"marked__{case.key}") or 0
            for field in (*case.remove, *case.coarsen):
                count = counted.get(f"kept__{case.key}__{field}") or 0
                yield finding(
                    "P5", "B", says["kept"], count=count, among=marked, table=name, field=field, case=case.key
                )
            called = wanted.get(case.key) or 0
            missed = max(0, called - marked - sum(staged.account.withheld.values()))
            yield finding("P5", "B", says["unmarked"], count=missed, among=called, table=name, case=case.key)


def _called_for(name: str, subject: Subject) -> Mapping[str, int | None]:
    """How many rows call for each kind of protection, counted on the rows before it."""
    staged = subject.mapped.tables[name] if subject.mapped else None
    cases = [*_cases(staged)] if staged else []
    if staged is None or not cases:
        return {}
    wanted = {case.key: where_true(holds(case.when, staged.rows)) for case in cases}
    counted: Mapping[str, int | None] = subject.engine.fetch(staged.rows.aggregate(**wanted)).to_pylist()[0]
    return counted


def _exact(subject: Subject) -> Iterator[Finding]:
    for name, counted in subject.counted.items():
        for key in counted:
            if key.startswith("exact__"):
                field = key.removeprefix("exact__")
                count, among, says = (
                    counted[key] or 0,
                    counted[f"present__{field}"],
                    SPOKEN["P6"].says["exact"],
                )
                yield finding("P6", "W", says, count=count, among=among, table=name, field=field)


CHECKS = (
    Check(key="P4", level="W", phases=("protected",), words=SPOKEN["P4"], find=_rare),
    Check(
        key="P5",
        level="B",
        phases=("protected",),
        words=SPOKEN["P5"],
        find=_sensitive,
        counts=_count_detail,
    ),
    Check(key="P6", level="W", phases=("protected",), words=SPOKEN["P6"], find=_exact),
)
