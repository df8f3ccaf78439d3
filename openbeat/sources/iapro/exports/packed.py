"""IAPro's query window: one row for each incident, whose cells hold one thing a line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from openbeat.sources.iapro.exports.account import exported
from openbeat.sources.iapro.exports.flat import Said, cells_of, incident_of, said_by
from openbeat.sources.iapro.exports.gather import Gathering
from openbeat.sources.iapro.exports.keys import made
from openbeat.sources.iapro.exports.reading import Cells, read_sheets
from openbeat.sources.iapro.exports.shape import Kind, kind_of, shape_of
from openbeat.sources.iapro.exports.way import Exported, Way
from openbeat.sources.notes import Notes

HERE = Path(__file__).with_suffix(".toml")
SHAPE = shape_of(HERE)
RANKS = sorted(tomllib.loads(HERE.read_text("utf-8"))["ranks"], key=len, reverse=True)
RANK = re.compile(rf"({'|'.join(map(re.escape, RANKS))})(?![\w'’-])", re.IGNORECASE)
NAMED = re.compile(rf"({'|'.join(map(re.escape, RANKS))})\.\s", re.IGNORECASE)  # "Sgt. …" among other words
NOBODY = re.compile(tomllib.loads(HERE.read_text("utf-8"))["nobody"], re.IGNORECASE)
WITH_OFFICER, CITIZENS = ("OFFICERS", "USES_OF_FORCE", "ALLEGATIONS"), ("CITIZENS", "ASSOC_INC_CIT")
Line = Said  # table -> column -> text, of one line of the cells beside each other


def read(files: Sequence[Path]) -> Exported:
    """The tables that packed rows were made of.

    Cells beside each other belong together line by line: officers with force, allegations and findings;
    race, sex and age of citizens. An empty cell says nothing of any line.

    An officer is known by the line of rank and name within one incident, never beyond it: the name is not
    taken over, and the same name in two incidents is no proof of the same person.

    Quarantined: no_incident_number; packed_uneven (filled cells of different numbers of lines);
    no_officer_line (the first line names no officer); rank_not_known (an officer without a listed rank: the
    row may have slid, and a name could stand anywhere); shifted_columns; incident_twice (the incident had a
    row before). Cells that slid to the right of the officer show only where a row is longer than the others
    or an age is filled.
    """
    sheets = read_sheets(files, SHAPE.missing)
    kinds = [kind_of(sheet.columns, SHAPE, sheet.name) for sheet in sheets]
    gathering, incidents = Gathering(), set[str]()
    for kind in kinds:
        gathering.knows(kind.all_places())
    for sheet, kind in zip(sheets, kinds, strict=True):
        for number, cells in sheet.rows:
            reason = _take(cells, kind, gathering, incidents, sheet.notes, number)
            if reason is not None:
                sheet.notes.refuse(reason, number)
    return exported(sheets, kinds, gathering)


def _take(
    cells: Cells, kind: Kind, into: Gathering, incidents: set[str], notes: Notes, number: int
) -> str | None:
    alone = {name: text for name, text in cells.items() if _table(name, kind) == "INCIDENTS"}
    said = said_by(alone, kind, SHAPE, notes, number)
    incident = incident_of(said, kind)
    officers, citizens = (_lines(cells, kind, tables) for tables in (WITH_OFFICER, CITIZENS))
    if incident is None:
        return "no_incident_number"
    if officers is None or citizens is None:
        return "packed_uneven"
    if reason := _slid([said, *officers, *citizens], kind) or _unnamed(officers):
        return reason
    if incident in incidents:
        return "incident_twice"
    incidents.add(incident)
    row = cells_of("INCIDENTS", said, kind, INCNUM=incident)
    into.put("INCIDENTS", (incident,), row, notes=notes, row=number)
    _put_officers(officers, incident, kind, into, notes, number)
    _put_citizens(citizens, incident, kind, into, notes, number)
    return None


def _slid(lines: Sequence[Line], kind: Kind) -> str | None:
    for line in lines:
        for place, form in kind.only.items():
            word = line.get(place.table, {}).get(place.column)
            if word is not None and not form.fullmatch(word):
                return "shifted_columns"
        for table, cells in line.items():
            if table != "OFFICERS" and any(map(NAMED.match, cells.values())):
                return "shifted_columns"
    return None


def _unnamed(lines: Sequence[Line]) -> str | None:
    named = [line["OFFICERS"]["TITLE"] for line in lines if "OFFICERS" in line]
    if lines and "OFFICERS" not in lines[0]:
        return "no_officer_line"
    return None if all(RANK.match(one) or NOBODY.fullmatch(one) for one in named) else "rank_not_known"


def _put_officers(
    lines: Sequence[Line], incident: str, kind: Kind, into: Gathering, notes: Notes, number: int
) -> None:
    put = partial(into.put, notes=notes, row=number)
    like: Counter[tuple[str | None, ...]] = Counter()
    keys: dict[str, str | None] = {}
    for place, line in enumerate(lines, 1):
        if "OFFICERS" in line:
            name = line["OFFICERS"]["TITLE"]
            known = None if NOBODY.fullmatch(name) else " ".join(name.split()).casefold()
            officer = made("OFFICERS", incident, known) if known else None
            keys = {"AIO_NUM": made("ASSOC_INC_OFF", incident, officer), "INCNUM": incident}
            cells = cells_of("ASSOC_INC_OFF", {}, kind, **keys, OFFNUM=officer)
            put("ASSOC_INC_OFF", (keys["AIO_NUM"],), cells)
            if officer is None:
                notes.note("placeholder_officer", row=number)
            elif rank := RANK.match(name):
                put("OFFICERS", (officer,), {"OFFNUM": officer, "TITLE": rank.group()})
        if "USES_OF_FORCE" in line:
            put("USES_OF_FORCE", (keys["AIO_NUM"], str(place)), cells_of("USES_OF_FORCE", line, kind, **keys))
        if "ALLEGATIONS" in line:
            said = line["ALLEGATIONS"]
            same = (keys["AIO_NUM"], said.get("ALG_CLASS"), said.get("ALLEGATION"))
            like[same] += 1  # the finding is no part of the key, because an appeal changes it
            allegation = made("ALLEGATIONS", *same, str(like[same]))
            put("ALLEGATIONS", (allegation,), cells_of("ALLEGATIONS", line, kind, **keys, ALGNUM=allegation))


def _put_citizens(
    lines: Sequence[Line], incident: str, kind: Kind, into: Gathering, notes: Notes, number: int
) -> None:
    put = partial(into.put, notes=notes, row=number)
    like: Counter[str] = Counter()
    for line in lines:
        description = str(sorted((table, sorted(cells.items())) for table, cells in line.items()))
        like[description] += 1  # two like lines are two people
        citizen = made("CITIZENS", incident, description, str(like[description]))
        put("CITIZENS", (citizen,), cells_of("CITIZENS", line, kind, CITNUM=citizen))
        link = cells_of("ASSOC_INC_CIT", line, kind, INCNUM=incident, CITNUM=citizen)
        put("ASSOC_INC_CIT", (incident, citizen), link)


def _lines(cells: Cells, kind: Kind, tables: Sequence[str]) -> list[Line] | None:
    """The lines of the cells of these tables, beside each other; None where they cannot be aligned."""
    split = {
        kind.places[name]: re.split(r"\r\n|\r|\n", text)
        for name, text in cells.items()
        if _table(name, kind) in tables
    }
    if len({len(lines) for lines in split.values()}) > 1:
        return None
    beside: list[Line] = [{} for _ in next(iter(split.values()), ())]
    for place, lines in split.items():
        for line, text in zip(beside, lines, strict=True):
            if (word := text.strip()) and word not in SHAPE.missing:
                line.setdefault(place.table, {})[place.column] = word
    return beside


def _table(name: str, kind: Kind) -> str:
    return kind.places[name].table if name in kind.places else ""


packed = Way(key=SHAPE.key, title=SHAPE.title, read=read)
