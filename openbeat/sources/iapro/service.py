"""Who served where and when: what early intervention asks of the vault. No names, and nothing is released.

IAPro keeps an officer's present assignment only and overwrites it with the next one. So `assignments` begins
with the first extraction: what came between two extractions, and every assignment before the first but the
one held then, is lost. Of earlier ones IAPro knows no more than what forms said on the day: `posts_on_cases`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.iapro.lookup import TIME, beside, column, days, moments
from openbeat.sources.iapro.views import EXPORTS, ROOM, history_until, rows_of
from openbeat.vault import Vault

UNIT = tuple(f"UDTEXT24{letter}" for letter in "ABCDEF")  # what each means, the site says in AIO_COLS
POSTING = (*UNIT, "TITLE", "CURRENT_SUP_OFFNUM")
DATES = ("UNIT_DT_ASSIGNED", "END_EMPLOY_DT")
ASSIGNMENTS = pa.schema(
    [(name, pa.string()) for name in ("OFFNUM", *POSTING)]
    + [("start", pa.date32()), ("end", pa.date32())]
    + [(name, TIME) for name in ("event_time", "known_time", "revised_time")]
)
EVE = timedelta(days=1)

Posting = dict[str, Any]


def officers(vault: Vault, held: datetime | None = None, *, placeholders: Collection[str] = ()) -> pa.Table:
    """One row for each entry of the roster, as the vault held it at a moment (None: now).

    OFFNUM, hired, left (days), TITLE, STATUS, EMP_TYPE, SEX, RACE, ETHNIC as the site writes them,
    placeholder (whether OFFNUM is one of `placeholders`, which stand for no person), exported (it came out of
    an export: OFFNUM may be made), known_time and revised_time.
    """
    rows = rows_of(vault, held)(f"{ROOM}OFFICERS")
    words = ("TITLE", "STATUS", "EMP_TYPE", "SEX", "RACE", "ETHNIC")
    nobody = pa.array(sorted(placeholders), pa.string())
    return pa.table(
        {
            "OFFNUM": rows.column("OFFNUM"),
            "hired": days(rows, "OFFICERS", "HIRE_DT"),
            "left": days(rows, "OFFICERS", "END_EMPLOY_DT"),
            **{name: column(rows, name) for name in words},
            "placeholder": pc.is_in(rows.column("OFFNUM"), value_set=nobody),
            "exported": pc.is_valid(column(rows, "_exported")),
            "known_time": column(rows, "_known"),
            "revised_time": column(rows, "_revised"),
        }
    )


def assignments(vault: Vault, held: datetime | None = None) -> pa.Table:
    """One row for each time an officer served somewhere, as the vault held it at a moment (None: now).

    OFFNUM, the site's unit columns, TITLE and CURRENT_SUP_OFFNUM: where one of them changes, an assignment
    ends and the next begins. No officer has two on one day; one that lasted less than a day is left out.

    start  UNIT_DT_ASSIGNED, where it can be: after the start of the assignment before, and no later than the
           vault knew of this one or the officer left. Else the day when the vault first knew of it, which is
           late by up to the time between two extractions; null where the officer had left by then.
    end    the day before the next start, or END_EMPLOY_DT, or the day before IAPro no longer had the entry;
           null while it lasts.

    UNIT_DT_ASSIGNED that changes alone to an earlier day corrects the start; to a later day, the officer
    came to the same place again. What changes after an officer has left, such as to a unit for those who
    have, is no assignment; END_EMPLOY_DT that is taken back counts as never said.

    event_time is the start; known_time is when the vault first, revised_time when it last learned of the row.
    """
    found: list[Posting] = []
    if f"{ROOM}OFFICERS" in vault.tables():
        rows = history_until(vault, f"{ROOM}OFFICERS", ("OFFNUM", *POSTING, *DATES), held)
        read = pa.table(
            {name: column(rows, name) for name in ("OFFNUM", *POSTING)}
            | {name: days(rows, "OFFICERS", name) for name in DATES}
            | {name: rows.column(name) for name in ("_revised", "_gone")}
        )
        for _, versions in groupby(read.to_pylist(), itemgetter("OFFNUM")):
            found += _postings(versions)
    for one in found:
        one["event_time"] = one["start"] and datetime.combine(one["start"], datetime.min.time())
    return pa.Table.from_pylist(found, schema=ASSIGNMENTS)


def posts_on_cases(vault: Vault, held: datetime | None = None) -> pa.Table:
    """One row for each officer in a case, with the unit that the case says, as the vault held it at a moment.

    AIO_NUM, INCNUM, OFFNUM, LINK_TYPE, the site's unit columns, event_time (when the case occurred),
    known_time (when the agency had the case, but no earlier than the vault had the officer in it, where that
    came later) and revised_time. For the unit at the time, also of years before the first extraction: the
    form says it of the case, which at some sites is the unit of its place and not the officer's own.
    """
    rows = rows_of(vault, held)
    links, cases = rows(f"{ROOM}ASSOC_INC_OFF"), rows(f"{ROOM}INCIDENTS")
    case = beside(links.column("INCNUM"), cases, "INCNUM")
    return pa.table(
        {
            **{name: column(links, name) for name in ("AIO_NUM", "INCNUM", "OFFNUM", "LINK_TYPE")},
            # An export may say the officer's own unit, beside the link.
            **{name: pc.coalesce(column(links, name), column(case, name)) for name in UNIT},
            "event_time": moments(case, "INCIDENTS", "OCCURRED_DT", "OCCURRED_TM"),
            "known_time": known_with_case(vault, links, case, held),
            "revised_time": pc.max_element_wise(column(links, "_revised"), column(case, "_revised")),
        }
    )


def known_with_case(vault: Vault, rows: pa.Table, case: pa.Table, held: datetime | None) -> pa.ChunkedArray:
    """When the agency had each row that hangs off a case: with the case, or when the vault had it, if later.

    case  the case of each row
    What came into the vault together with its case is taken to have been entered with it (CREATED_DT). A case
    whose CREATED_DT is no date was entered when the vault had it.
    """
    came = beside(_named(rows), _first_held(vault, held), "case").column("first")
    entered = column(case, "_known")
    entered = pc.if_else(pc.greater(pc.year(entered), 1900), entered, came)
    together = pc.less_equal(column(rows, "_known"), came)
    return pc.if_else(pc.fill_null(together, False), entered, column(rows, "_known"))


def _named(rows: pa.Table) -> pa.ChunkedArray:
    """Which case a row belongs to: numbers of exports are told apart from those of IAPro itself."""
    way = pc.if_else(pc.is_valid(column(rows, "_exported")), "export ", "")
    return pc.binary_join_element_wise(way, column(rows, "INCNUM"), "")


def _first_held(vault: Vault, held: datetime | None) -> pa.Table:
    """When the vault first had each case, of those that it had at the moment."""
    found = [pa.table({"case": pa.array([], pa.string()), "first": pa.array([], TIME)})]
    for table, way in ((f"{ROOM}INCIDENTS", ""), (f"{EXPORTS}INCIDENTS", "export ")):
        if table in vault.tables():
            seen = history_until(vault, table, ("INCNUM",), held)
            seen = seen.group_by("INCNUM").aggregate([("_revised", "min")])
            named = pc.binary_join_element_wise(way, seen.column("INCNUM"), "")
            found.append(pa.table({"case": named, "first": seen.column("_revised_min")}))
    return pa.concat_tables(found)


def _postings(versions: Iterable[Posting]) -> list[Posting]:
    """The assignments of one officer, from the versions of the entry, oldest first."""
    found: list[Posting] = []
    there = False  # whether the version before had the entry
    for version in versions:
        seen: datetime = version["_revised"]
        if version["_gone"]:
            _end(found, seen.date() - EVE, seen)
            there = False
            continue
        start, left = version["UNIT_DT_ASSIGNED"], version["END_EMPLOY_DT"]
        if start and start > min(seen.date(), left or seen.date()):
            start = None
        one = found[-1] if found and there and _in_place(found[-1], version, start) else None
        earlier = found[:-1] if one else found
        if start and earlier and start <= (earlier[-1]["start"] or earlier[-1]["end"]):
            start = None
        if one:
            start = min((day for day in (start, one["start"]) if day), default=None)
        if start is None and not (one and left):
            start = seen.date()
        there = True
        if start and left and left < start:
            _end(found, left, seen)
            if not found:
                found.append(_posting(version, None, seen))
        elif one is None:
            _end(found, start - EVE, seen)
            found.append(_posting(version, start, seen))
        elif (start, left) != (one["start"], one["end"]):
            one |= {"start": start, "end": left, "revised_time": seen}
            _end(earlier, start - EVE if start else date.max, seen)
    return found


def _in_place(one: Posting, version: Posting, assigned: date | None) -> bool:
    """Whether the version says of the assignment that it goes on."""
    again = assigned and one["start"] and assigned > one["start"]
    return not again and all(version[name] == one[name] for name in POSTING)


def _posting(version: Posting, start: date | None, seen: datetime) -> Posting:
    words = {name: version[name] for name in ("OFFNUM", *POSTING)}
    times = {"known_time": seen, "revised_time": seen}
    return {**words, "start": start, "end": version["END_EMPLOY_DT"], **times}


def _end(found: list[Posting], last: date, seen: datetime) -> None:
    """The newest assignment lasts until this day at most; those that had not begun by then never were."""
    while found and found[-1]["start"] and last < found[-1]["start"]:
        found.pop()
    if found and (found[-1]["end"] is None or last < found[-1]["end"]):
        found[-1] |= {"end": last, "revised_time": seen}
