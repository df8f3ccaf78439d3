"""The derived tables of a release: shares with what they are shares of, their intervals and cautions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbeat.web.portal.language import said, say
from openbeat.web.portal.numbers import percent

MOST = 60  # rows of a derived table that a page shows; the file has them all


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One share, ready to be shown: of which group, when and where."""

    group: str
    year: int | None
    place: str | None
    count: int | None
    among: int | None
    share: float | None
    low: float | None
    high: float | None
    suppressed: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A derived table: `shown` is the part of it that the chart draws, of `when`; `rest` the others."""

    key: str
    title: str
    caution: str
    when: str
    shown: tuple[Cell, ...]
    rest: tuple[Cell, ...]
    more: int
    places: bool
    counted: str  # on how many of the rows; "" where that cannot be said


def rates_of(body: Mapping[str, Any], language: str) -> tuple[Rate, ...]:
    """Every derived table of the release, in its order."""
    titles = code_titles(body, language)
    return tuple(_rate(key, one, body, titles, language) for key, one in (body.get("derived") or {}).items())


def code_titles(body: Mapping[str, Any], language: str) -> dict[str, dict[str, str]]:
    """What each code means in a word or two, by field."""
    lists = body.get("code_lists") or {}
    return {
        column["name"]: {
            code: said(one["title"], language) for code, one in lists[column["codes"]]["codes"].items()
        }
        for table in body["tables"].values()
        for column in table["columns"]
        if column.get("codes") in lists
    }


def _rate(
    key: str,
    derived: Mapping[str, Any],
    body: Mapping[str, Any],
    titles: Mapping[str, Mapping[str, str]],
    language: str,
) -> Rate:
    cells = [_cell(one, titles, language) for one in derived.get("cells") or ()]
    year, shown = _widest(cells)
    period = body.get("period")
    if year is not None:
        when = str(year)
    elif period and period[0][:4] != period[1][:4]:
        when = say(language, "rates.years", first=period[0][:4], last=period[1][:4])
    else:
        when = period[0][:4] if period else ""
    rest = [cell for cell in cells if cell not in shown]
    return Rate(
        key=key,
        title=said(derived["title"], language),
        caution=said(derived.get("caution"), language),
        when=when,
        shown=tuple(shown),
        rest=tuple(rest[:MOST]),
        more=max(len(rest) - MOST, 0),
        places=any(cell.place is not None for cell in rest[:MOST]),
        counted=_counted(derived, body, language),
    )


def _counted(derived: Mapping[str, Any], body: Mapping[str, Any], language: str) -> str:
    """On how many rows the rate was counted: a share of few of them says little of the others."""
    table = body["tables"].get(derived.get("of"))
    dimensions = ("year", "place", "group")
    whole = [one for one in derived.get("cells") or () if all(one.get(name) is None for name in dimensions)]
    if not table or not table["rows"] or not whole or whole[0].get("among") is None:
        return ""
    among, rows = whole[0]["among"], table["rows"]
    return say(language, "rates.counted", among=among, rows=rows, share=percent(among / rows, language))


def _widest(cells: Sequence[Cell]) -> tuple[int | None, list[Cell]]:
    everywhere = [cell for cell in cells if cell.place is None]
    whole = [cell for cell in everywhere if cell.year is None]
    if whole or not everywhere:
        return None, whole
    latest = max(cell.year for cell in everywhere if cell.year is not None)
    return latest, [cell for cell in everywhere if cell.year == latest]


def _cell(one: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]], language: str) -> Cell:
    def name(field: str | None, value: Any) -> str:
        return titles.get(field or "", {}).get(value, str(value))

    group, place = one.get("group"), one.get("place")
    return Cell(
        group=say(language, "rates.everyone") if group is None else name(one.get("group_field"), group),
        year=one.get("year"),
        place=None if place is None else name(one.get("place_field"), place),
        count=one.get("count"),
        among=one.get("among"),
        share=one.get("share"),
        low=one.get("low"),
        high=one.get("high"),
        suppressed=bool(one.get("suppressed")),
    )
