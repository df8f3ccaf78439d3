"""Q3 and Q4: how much is missing, and that nothing missing was made a "no"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import ibis.expr.types as ir

from openbeat.checks.check import Check, Subject, finding, where_true
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding, StagedTable

SPOKEN = spoken_in(__file__)
MOSTLY = 0.50
POINTS = 0.10
ROUNDING = 1e-9
NEGATIVE = ("no", "none")
# Words for "not known", in small letters, as records systems have them.
NOT_KNOWN = re.compile(
    r"u|unk|unknown|null|\(null\)|nan|na|n/a|nil|missing|blank|\?+|-+|desconocid[oa]|se desconoce|sin datos?"
    r"|not (recorded|reported|known|available|entered)"
)


def _empty(subject: Subject) -> Iterator[Finding]:
    says, before = SPOKEN["Q3"].says, subject.previous["tables"] if subject.previous else {}
    for name, counted in subject.counted.items():
        among, old = counted["rows"], before.get(name, {"rows": 0, "columns": []})
        was = {one["name"]: one["missing"] / old["rows"] for one in old["columns"] if old["rows"]}
        for field in subject.tables[name].rows.columns:
            count = among - counted[f"present__{field}"]
            share = count / among if among else 0
            if field not in subject.tables[name].standard.fields:
                continue
            if field in was and share - was[field] > POINTS + ROUNDING:
                points = f"{100 * was[field]:.1f}"
                yield finding(
                    "Q3",
                    "W",
                    says["emptier"],
                    count=count,
                    among=among,
                    table=name,
                    field=field,
                    before=points,
                )
            elif share > MOSTLY:
                yield finding("Q3", "W", says["mostly"], count=count, among=among, table=name, field=field)


def _count_no(staged: StagedTable) -> Mapping[str, ir.Value]:
    fields = staged.standard.fields
    booleans = [name for name in staged.columns if fields[name].type == "boolean"]
    return {f"no__{name}": where_true(~staged.rows[name]) for name in booleans}


def _invented(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["Q4"].says
    for name, staged in subject.tables.items():
        said: Counter[str] = Counter()
        unknown: Counter[tuple[str, str]] = Counter()
        for one in staged.crosswords:
            if one.meaning == "no":
                said[one.field] += one.rows
            if one.meaning in NEGATIVE and NOT_KNOWN.fullmatch(one.word.strip().casefold()):
                unknown[one.field, one.meaning] += one.rows
        for field in staged.columns:
            among = subject.counted[name].get(f"no__{field}") or 0
            settings = subject.dataset.tables[name].fields.get(field)
            # A value that agency.toml gives to every row is the agency's own word.
            if settings and settings.value is None:
                count = max(0, among - said[field])
                yield finding("Q4", "B", says["unsaid"], count=count, among=among, table=name, field=field)
        for (field, meaning), count in sorted(unknown.items()):
            among = max(count, subject.counted[name]["rows"])
            yield finding(
                "Q4", "B", says["unknown"], count=count, among=among, table=name, field=field, meaning=meaning
            )


CHECKS = (
    Check(key="Q3", level="W", phases=("protected",), words=SPOKEN["Q3"], find=_empty),
    Check(
        key="Q4",
        level="B",
        phases=("mapped",),
        words=SPOKEN["Q4"],
        find=_invented,
        counts=_count_no,
    ),
)
