"""What happened to officers and by them: events for early intervention. No names, and nothing is released."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.gate import plain
from openbeat.sources.iapro.lookup import TIME, beside, column, moments
from openbeat.sources.iapro.service import known_with_case
from openbeat.sources.iapro.views import ROOM, Rows, lists_of, rows_of
from openbeat.vault import Vault

FORCE = "use_of_force"  # of cases of this kind, only officers who used any have an event
WORDS = ("kind", "number", "subtype", "severity", "outcome", "OFFNUM", "INCNUM", "AIO_NUM", "LINK_TYPE")
TIMES = ("outcome_time", "event_time", "known_time", "revised_time")
EVENTS = pa.schema([*((name, pa.string()) for name in WORDS), *((name, TIME) for name in TIMES)])

Columns = dict[str, pa.ChunkedArray | pa.Array | str]


def events(vault: Vault, kinds: Mapping[str, str], held: datetime | None = None) -> pa.Table:
    """One row for each officer and event, as the vault held it at a moment (None: now).

    kinds   the site's word for a type of case -> what being in such a case is, as in [iapro.incident_types];
            a case of another type is no event. In a case of force, only officers who used it have one.

    kind         subtype        severity                    outcome                  rows
    (of kinds)   type of case   kinds of force, a line each disposition of the case  officers in such cases
    allegation   ALLEGATION     ALG_CLASS                   FINAL_DISPO, or FINDING  all, whatever the case
    action       ACTIONTAKEN    DAYSSUSPENDED                                        all, whatever the case
    award        AWTYPE         AWCATEGORY                                           all
    training     COURSE         HOURS                       PASSED                   all

    All words are the site's own; what is severe is for the reader to say. `number` names the row in its table
    (AIO_NUM, ALGNUM, ATNUM, OFFNUM/_NTH, TRNUM); OFFNUM may stand for no person, see `service.officers`.

    event_time    when the case occurred; the day of an action, award or training
    known_time    when the agency had it: CREATED_DT of the allegation; else of the case, for what came into
                  the vault together with it, though an action not before its day; else when it was pulled
    outcome_time  the day of the finding. What the vault first held may have had another finding before: to
                  see what was known at a moment ask with `held`; before the first extraction go by this day
    revised_time  when the vault last learned of a change in what the row says

    Everything is looked up by key, so that there are as many rows as in IAPro's own tables.
    """
    rows = rows_of(vault, held)
    found = [
        _in_cases(vault, rows, kinds, held),
        _allegations(vault, rows, held),
        _actions(vault, rows, held),
        _of_roster(rows, "AWARDS", "award", ("AWDT", "AWTYPE", "AWCATEGORY", None)),
        _of_roster(rows, "TRAINING", "training", ("TRAIN_DT", "COURSE", "HOURS", "PASSED")),
    ]
    return pa.concat_tables(found)


def _in_cases(vault: Vault, rows: Rows, kinds: Mapping[str, str], held: datetime | None) -> pa.Table:
    links, cases, force = (rows(f"{ROOM}{name}") for name in ("ASSOC_INC_OFF", "INCIDENTS", "USES_OF_FORCE"))
    meant = {plain(word): kind for word, kind in kinds.items()}
    types = column(beside(links.column("INCNUM"), cases, "INCNUM"), "INCIDENT_TYPE")
    kind = pa.array([meant.get(plain(word or "")) for word in types.to_pylist()], pa.string())
    used = pc.is_in(links.column("AIO_NUM"), value_set=force.column("AIO_NUM").combine_chunks())
    kept = pc.and_(pc.is_valid(kind), pc.or_(pc.fill_null(pc.not_equal(kind, FORCE), False), used))
    links, kind = links.filter(kept), kind.filter(kept.combine_chunks())
    case = beside(links.column("INCNUM"), cases, "INCNUM")
    aio = links.column("AIO_NUM")
    words = pa.table({"AIO_NUM": force.column("AIO_NUM"), "word": column(force, "UOF_FORCE_TYPE")})
    last = pa.table({"AIO_NUM": force.column("AIO_NUM"), "_revised": column(force, "_revised")})
    last = last.sort_by([("_revised", "descending")])  # of several, the first is found
    return _table(
        {
            **{name: column(links, name) for name in ("AIO_NUM", "INCNUM", "OFFNUM", "LINK_TYPE")},
            "kind": kind,
            "number": aio,
            "subtype": column(case, "INCIDENT_TYPE"),
            "severity": column(beside(aio, lists_of(words, "AIO_NUM", "word"), "AIO_NUM"), "word"),
            "outcome": column(case, "DISPOSITION"),
            "event_time": _occurred(case),
            "known_time": known_with_case(vault, links, case, held),
            "revised_time": _latest(links, case, beside(aio, last, "AIO_NUM")),
        }
    )


def _allegations(vault: Vault, rows: Rows, held: datetime | None) -> pa.Table:
    said = rows(f"{ROOM}ALLEGATIONS")
    link, case = _above(rows, said)
    entered = moments(said, "ALLEGATIONS", "CREATED_DT")
    final = column(said, "FINAL_DISPO")
    return _table(
        {
            **_of_link(said, link),
            "kind": "allegation",
            "number": said.column("ALGNUM"),
            "subtype": column(said, "ALLEGATION"),
            "severity": column(said, "ALG_CLASS"),
            "outcome": pc.coalesce(final, column(said, "FINDING")),
            "outcome_time": pc.if_else(
                pc.is_valid(final),
                moments(said, "ALLEGATIONS", "FINAL_DISPO_DT"),
                moments(said, "ALLEGATIONS", "FINDING_DT"),
            ),
            "event_time": _occurred(case),
            "known_time": pc.coalesce(entered, known_with_case(vault, said, case, held)),
            "revised_time": _latest(said, link, case),
        }
    )


def _actions(vault: Vault, rows: Rows, held: datetime | None) -> pa.Table:
    taken = rows(f"{ROOM}ACTIONS_TAKEN")
    link, case = _above(rows, taken)
    day, pulled = moments(taken, "ACTIONS_TAKEN", "ACTIONTAKEN_DT"), column(taken, "_known")
    with_case = pc.max_element_wise(known_with_case(vault, taken, case, held), day, skip_nulls=False)
    return _table(
        {
            **_of_link(taken, link),
            "kind": "action",
            "number": taken.column("ATNUM"),
            "subtype": column(taken, "ACTIONTAKEN"),
            "severity": column(taken, "DAYSSUSPENDED"),
            "event_time": day,
            # Without a day nothing tells how long after the case it was; a day to come was known by now.
            "known_time": pc.min_element_wise(with_case, pulled),
            "revised_time": _latest(taken, link, case),
        }
    )


def _of_roster(rows: Rows, table: str, kind: str, names: tuple[str, str, str, str | None]) -> pa.Table:
    """Awards and trainings, which belong to no case."""
    when, subtype, severity, outcome = names
    given = rows(f"{ROOM}{table}")
    own = [column(given, name) for name in catalogue()[table].key]
    return _table(
        {
            "kind": kind,
            "number": pc.binary_join_element_wise(*own, "/"),
            "subtype": column(given, subtype),
            "severity": column(given, severity),
            **({"outcome": column(given, outcome)} if outcome else {}),
            "OFFNUM": column(given, "OFFNUM"),
            "event_time": moments(given, table, when),
            "known_time": column(given, "_known"),
            "revised_time": column(given, "_revised"),
        }
    )


def _above(rows: Rows, below: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The officer's link and the case of each row that hangs off a link."""
    link = beside(column(below, "AIO_NUM"), rows(f"{ROOM}ASSOC_INC_OFF"), "AIO_NUM")
    return link, beside(column(below, "INCNUM"), rows(f"{ROOM}INCIDENTS"), "INCNUM")


def _of_link(below: pa.Table, link: pa.Table) -> Columns:
    return {
        **{name: column(below, name) for name in ("AIO_NUM", "INCNUM")},
        **{name: column(link, name) for name in ("OFFNUM", "LINK_TYPE")},
    }


def _occurred(case: pa.Table) -> pa.ChunkedArray:
    return moments(case, "INCIDENTS", "OCCURRED_DT", "OCCURRED_TM")


def _latest(*parts: pa.Table) -> pa.ChunkedArray:
    return pc.max_element_wise(*(column(part, "_revised") for part in parts))


def _table(said: Columns) -> pa.Table:
    count = len(said["number"])
    full = {
        name: pa.repeat(pa.scalar(one), count) if isinstance(one, str) else one for name, one in said.items()
    }
    empty = {field.name: pa.nulls(count, field.type) for field in EVENTS}
    return pa.table({field.name: full.get(field.name, empty[field.name]) for field in EVENTS}, EVENTS)
