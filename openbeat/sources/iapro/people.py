"""Who was in a case: how many, and whether anybody was under 18."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

ADULT = 18


def counts_of_case(held: Callable[[str], pa.Table]) -> pa.Table:
    """For each case INCNUM: case.officers, case.citizens and case.juvenile, all as text.

    case.juvenile is Yes if anybody linked to it was under 18 that day, No if everybody's age is known and
    nobody was; else nothing, for missing is never no.
    """
    cases = held("iapro.INCIDENTS").select(["INCNUM", "OCCURRED_DT"])
    officers = _distinct(held("iapro.ASSOC_INC_OFF"), "OFFNUM", "case.officers")
    links = held("iapro.ASSOC_INC_CIT")
    citizens = _distinct(links, "CITNUM", "case.citizens")
    young = _juvenile(cases, links, held("iapro.CITIZENS"))
    made = cases.select(["INCNUM"])
    for other in (officers, citizens, young):
        made = made.join(other, "INCNUM", join_type="left outer")
    return made


def _distinct(links: pa.Table, number: str, name: str) -> pa.Table:
    pairs = links.select(["INCNUM", number]).group_by(["INCNUM", number]).aggregate([])
    counted = pairs.group_by("INCNUM").aggregate([(number, "count")])
    return pa.table(
        {"INCNUM": counted.column("INCNUM"), name: counted.column(f"{number}_count").cast(pa.string())}
    )


def _juvenile(cases: pa.Table, links: pa.Table, citizens: pa.Table) -> pa.Table:
    here = [name for name in ("CIT_AGE", "VICTIM") if name in links.column_names]
    people = links.select(["INCNUM", "CITNUM", *here]).join(cases, "INCNUM", join_type="inner")
    born = citizens.select([name for name in ("CITNUM", "DOB") if name in citizens.column_names])
    people = people.join(born, "CITNUM", join_type="left outer")
    nothing = pa.nulls(people.num_rows, pa.string())
    columns = [
        people.column(name) if name in people.column_names else nothing
        for name in ("INCNUM", "OCCURRED_DT", "DOB", "CIT_AGE")
    ]
    said: dict[str, set[bool | None]] = {}
    for case, day, birth, age in zip(*(one.to_pylist() for one in columns), strict=True):
        said.setdefault(case, set()).add(_is_young(day, birth, age))
    answers = {case: "Yes" if True in one else None if None in one else "No" for case, one in said.items()}
    return pa.table(
        {
            "INCNUM": pa.array(list(answers), pa.string()),
            "case.juvenile": pa.array(list(answers.values()), pa.string()),
        }
    )


def _is_young(day: str | None, birth: str | None, age: str | None) -> bool | None:
    """Whether somebody was under 18 on a day; text in ISO order compares like the days it names."""
    if day and birth and not birth.startswith("1900-01-01") and not day.startswith("1900-01-01"):
        return f"{int(day[:4]) - ADULT:04}{day[4:10]}" < birth[:10]
    text = (age or "").strip()
    return int(text) < ADULT if text.isdigit() and int(text) else None
