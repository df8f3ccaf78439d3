"""G1 and G2: every row has a key of its own, and rows that point at others find them."""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, graded
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding

SPOKEN = spoken_in(__file__)


def _unique(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["G1"].says
    for name, staged in subject.tables.items():
        total, key = subject.counted[name]["rows"], staged.standard.primary
        for part in key:
            empty = total - subject.counted[name].get(f"present__{part}", 0)
            yield finding("G1", "B", says["empty"], count=empty, among=total, table=name, field=part)
        present = [part for part in key if part in staged.rows.columns]
        repeated = total - _how_many(staged.rows.select(present).distinct(), subject)
        yield finding(
            "G1", "B", says["repeated"], count=repeated, among=total, table=name, key=", ".join(key)
        )


def _resolved(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["G2"].says
    for name, staged in subject.tables.items():
        for field, parent in staged.standard.refers.items():
            among = count = subject.counted[name].get(f"present__{field}", 0)
            level, sentence = "W", says["no_parent"]
            if among and parent in subject.tables:
                pointing = staged.rows.filter(staged.rows[field].notnull()).select(field)
                lost = pointing.anti_join(subject.tables[parent].rows.select(field), field)
                count, sentence = _how_many(lost, subject), says["unresolved"]
                level = graded(count, among)
            yield finding(
                "G2", level, sentence, count=count, among=among, table=name, field=field, parent=parent
            )


def _how_many(rows: ir.Table, subject: Subject) -> int:
    return int(subject.engine.fetch(rows.aggregate(rows=rows.count())).column("rows")[0].as_py())


CHECKS = (
    Check(key="G1", level="B", phases=("mapped", "protected"), words=SPOKEN["G1"], find=_unique),
    Check(key="G2", level="B", phases=("mapped",), words=SPOKEN["G2"], find=_resolved),
)
