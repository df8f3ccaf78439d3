"""Flat rows, which repeat what they share, taken apart by key: nothing is counted twice."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from openbeat.sources.iapro.exports.gather import Gathering
from openbeat.sources.iapro.exports.keys import made
from openbeat.sources.iapro.exports.moments import moment
from openbeat.sources.iapro.exports.reading import Cells, Sheet
from openbeat.sources.iapro.exports.shape import Kind, Place, Shape
from openbeat.sources.notes import Notes

Said = dict[str, dict[str, str]]  # table -> column -> text
INCNUM, FILENUM = Place("INCIDENTS", "INCNUM"), Place("INCIDENTS", "FILENUM")
OFFNUM, CITNUM = Place("OFFICERS", "OFFNUM"), Place("CITIZENS", "CITNUM")
OF_OFFICER = ("OFFICERS", "ASSOC_INC_OFF", "USES_OF_FORCE", "ALLEGATIONS", "ACTIONS_TAKEN")
NUMBERS = (Place("USES_OF_FORCE", "UOFNUM"), Place("ALLEGATIONS", "ALGNUM"), Place("ACTIONS_TAKEN", "ATNUM"))


def decompose(sheet: Sheet, kind: Kind, shape: Shape, into: Gathering) -> None:
    """Put what the sheet's rows say into the tables; a row that was not understood is refused in its notes.

    Incidents are told apart by INCNUM, or else FILENUM; officers and citizens by their number, or else by
    incident and description (`Kind.alike`); the link to the incident by both; force, allegations and actions
    by their number, or else by the officer's link and everything they say. Actions name no allegation unless
    the file does: a flat row may well be a product of the two.
    """
    seen: set[frozenset[tuple[str, str]]] = set()
    for number, cells in sheet.rows:
        said = said_by(cells, kind, shape, sheet.notes, number)
        reason = _not_understood(said, kind, shape)
        if reason is not None:
            sheet.notes.refuse(reason, number)
            continue
        row = frozenset((name, text.strip()) for name, text in cells.items() if name in kind.places)
        if row in seen and not kind.row_is_incident:
            sheet.notes.note("like_rows", row=number)
            continue
        seen.add(row)
        if kind.has("INCIDENTS"):
            _take(said, kind, shape, into, sheet.notes, number)
        else:
            officer = _person(OFFNUM, said, kind, None)
            cells_ = cells_of("OFFICERS", said, kind, OFFNUM=officer)
            into.put("OFFICERS", (officer,), cells_, notes=sheet.notes, row=number)


def said_by(cells: Cells, kind: Kind, shape: Shape, notes: Notes, number: int) -> Said:
    """What a row says, by table and column; moments in the one way they are written."""
    said: Said = {}
    for name, text in cells.items():
        if (place := kind.places.get(name)) is None:
            continue
        word: str | None = text.strip()
        if place.column.endswith(("_DT", "_TM")) or place.column == "DOB":
            word = moment(text.strip(), shape.moments, shape.time_zone)
            if word is None:
                notes.note(f"no_moment {place.table}.{place.column}", row=number)
        if word is not None and said.setdefault(place.table, {}).setdefault(place.column, word) != word:
            notes.note(f"differs {place.table}.{place.column}", row=number)
    return said


def incident_of(said: Said, kind: Kind) -> str | None:
    """The INCNUM of a row's incident: IAPro's own, or made of the file number; None where it has neither."""
    if (own := number_at(INCNUM, said.get("INCIDENTS", {}), kind)) is not None:
        return own if INCNUM in kind.own else made("INCIDENTS", own)
    file = number_at(FILENUM, said.get("INCIDENTS", {}), kind)
    return made("INCIDENTS", file) if file is not None else None


def number_at(place: Place, cells: Mapping[str, str], kind: Kind) -> str | None:
    """The number that a table's cells have at this place; None where what stands there is none."""
    text = cells.get(place.column)
    if text is None or (place in kind.numbers and not kind.numbers[place].fullmatch(text)):
        return None
    return text


def cells_of(table: str, said: Said, kind: Kind, **keys: str | None) -> dict[str, str | None]:
    """A row's cells of one table, with what the kind of file says of every row of it, and the keys."""
    return {**kind.constants.get(table, {}), **said.get(table, {}), **keys}


def _not_understood(said: Said, kind: Kind, shape: Shape) -> str | None:
    for place, form in kind.only.items():
        if (text := said.get(place.table, {}).get(place.column)) is not None and not form.fullmatch(text):
            return "shifted_columns"
    if not kind.has("INCIDENTS") and number_at(OFFNUM, said.get("OFFICERS", {}), kind) is None:
        return "no_officer_number"
    if kind.has("INCIDENTS") and not kind.row_is_incident and incident_of(said, kind) is None:
        return "no_incident_number"
    if len({len(parts) for parts in _lists(said, kind).values()}) > 1:
        return "packed_uneven"
    return None


def _take(said: Said, kind: Kind, shape: Shape, into: Gathering, notes: Notes, number: int) -> None:
    put = partial(into.put, notes=notes, row=number)
    incident = incident_of(said, kind)
    if kind.row_is_incident:
        notes.note("no_incident_number", row=number)
        incident = made(
            "INCIDENTS", str(number), *(f"{table} {sorted(said[table].items())}" for table in said)
        )
    put("INCIDENTS", (incident,), cells_of("INCIDENTS", said, kind, INCNUM=incident))
    if "CITIZENS" in said or "ASSOC_INC_CIT" in said:
        if number_at(CITNUM, said.get("CITIZENS", {}), kind) is None:
            notes.note("citizen_by_description", row=number)
        citizen = _person(CITNUM, said, kind, incident) or made("CITIZENS", incident)
        put("CITIZENS", (citizen,), cells_of("CITIZENS", said, kind, CITNUM=citizen))
        cells = cells_of("ASSOC_INC_CIT", said, kind, INCNUM=incident, CITNUM=citizen)
        put("ASSOC_INC_CIT", (incident, citizen, said.get("ASSOC_INC_CIT", {}).get("LINK_TYPE")), cells)
    if not any(table in said for table in OF_OFFICER):
        return
    officer = _person(OFFNUM, said, kind, incident)
    if officer is None:
        notes.note("no_officer", row=number)
    else:
        if number_at(OFFNUM, said.get("OFFICERS", {}), kind) is None:
            notes.note("officer_by_description", row=number)
        put("OFFICERS", (officer,), cells_of("OFFICERS", said, kind, OFFNUM=officer))
    link = made("ASSOC_INC_OFF", incident, officer)
    keys = {"AIO_NUM": link, "INCNUM": incident}
    put("ASSOC_INC_OFF", (link,), cells_of("ASSOC_INC_OFF", said, kind, **keys, OFFNUM=officer))
    for place in NUMBERS:
        for part in _parts(place.table, said, kind, shape):
            own = number_at(place, part, kind)
            rest = {column: text for column, text in part.items() if column != place.column}
            if own is None:
                key = made(place.table, link, *(f"{column} {text}" for column, text in sorted(rest.items())))
            else:
                key = own if place in kind.own else made(place.table, own)
            force = place.table == "USES_OF_FORCE"  # its key is the link and a number within it
            cells = cells_of(
                place.table, {place.table: rest}, kind, **keys, **{place.column: own if force else key}
            )
            put(place.table, (link, key) if force else (key,), cells)


def settle_links(into: Gathering) -> None:
    """Bring together what a file says of a person without their role and what another says with it."""
    links = into.rows.get("ASSOC_INC_CIT", {})
    with_role = {identity[:2]: row for identity, row in links.items() if identity[2] is not None}
    for identity in [one for one in links if one[2] is None and one[:2] in with_role]:
        row = with_role[identity[:2]]
        row |= {**links.pop(identity), **row}


def _person(place: Place, said: Said, kind: Kind, incident: str | None) -> str | None:
    """The key of an officer or citizen; None where nothing tells who it was."""
    if (number := number_at(place, said.get(place.table, {}), kind)) is not None:
        return number if place in kind.own else made(place.table, number)
    description = [said.get(one.table, {}).get(one.column) for one in kind.alike.get(place.table, ())]
    return made(place.table, incident, *description) if any(description) else None


def _lists(said: Said, kind: Kind) -> dict[str, list[str]]:
    """The values in each packed cell. A cell of numbers that are none says nothing."""
    packed = {
        column: [part.strip() for part in text.split(kind.pack_by)]
        for column, text in said.get(kind.packed, {}).items()
    }
    return {
        column: parts
        for column, parts in packed.items()
        if any(number_at(Place(kind.packed, column), {column: one}, kind) is not None for one in parts)
    }


def _parts(table: str, said: Said, kind: Kind, shape: Shape) -> list[dict[str, str]]:
    """What a row says of things in the table: one, several where cells are packed, or none."""
    if table != kind.packed:
        return [said[table]] if table in said else []
    lists = _lists(said, kind)
    several = (dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True))
    filled = (
        {column: text for column, text in part.items() if text and text not in shape.missing}
        for part in several
    )
    return [part for part in filled if part]
