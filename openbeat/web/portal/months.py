"""Published rows by month: what the bars of a dataset page show, and the sentence above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbeat.web.portal.language import said, say
from openbeat.web.portal.numbers import month, percent


@dataclass(frozen=True, kw_only=True)
class Month:
    """One month of a table; `rows` is None in a gap, where there are no records, which is not zero."""

    key: str
    rows: int | None
    partial: bool = False


def months_of(body: Mapping[str, Any], table: str) -> tuple[Month, ...]:
    """Every month from the first to the last of the table's period, gaps and months of zero rows included."""
    counts: Mapping[str, int] = body["tables"][table].get("months") or {}
    if not counts:
        return ()
    gaps = set(body.get("gaps") or ())
    partial = (body.get("partial_from") or "9999-12")[:7]
    first, last = min(counts), max(counts)
    if body.get("period"):
        first, last = min(first, body["period"][0][:7]), max(last, body["period"][1][:7])
    keys, key = [], first
    while key <= last:
        keys.append(key)
        key = f"{key[:4]}-{int(key[5:]) + 1:02}" if key[5:] != "12" else f"{int(key[:4]) + 1:04}-01"
    return tuple(
        Month(
            key=key,
            rows=None if key in gaps and key not in counts else counts.get(key, 0),
            partial=key >= partial,
        )
        for key in keys
    )


def months_sentence(body: Mapping[str, Any], table: str, language: str) -> str:
    """What the months show, from whole months only and across neither a gap nor a break in the series.

    Where cases are still open no years are compared: the newest months hold fewer only because they wait.
    """
    title = said(body["tables"][table]["title"], language)
    whole = [one for one in months_of(body, table) if not one.partial]
    known = [(one.key, one.rows) for one in whole if one.rows is not None]
    if len(known) < 2:
        return say(language, "months.few", title=title)
    if waiting := sum(
        one["cases"] for one in body["pending"]
    ):  # mostly new ones: a fall would be made of them
        return say(language, "months.open", title=title, n=waiting)
    breaks = [one["on"][:7] for one in body.get("breaks") or ()]
    year, before = known[-12:], known[-24:-12]
    if len(before) == 12 and _joined(whole[-24:], breaks):
        now, then = sum(rows for _, rows in year), sum(rows for _, rows in before)
        if then and now:
            change = _change(now, then)
            end, earlier = month(year[-1][0], language), month(before[-1][0], language)
            share = percent(abs(now - then) / then, language)
            return say(
                language,
                f"months.year_{change}",
                title=title,
                now=now,
                then=then,
                end=end,
                earlier=earlier,
                share=share,
            )
    most, least = max(known, key=lambda one: one[1]), min(known, key=lambda one: one[1])
    return say(
        language,
        "months.range",
        title=title,
        most=most[1],
        most_month=month(most[0], language),
        least=least[1],
        least_month=month(least[0], language),
    )


def _joined(months: Sequence[Month], breaks: Sequence[str]) -> bool:
    return all(one.rows is not None for one in months) and not any(
        months[0].key < on <= months[-1].key for on in breaks
    )


def _change(now: int, then: int) -> str:
    if abs(now - then) / then < 0.0005:  # would be said as 0.0%
        return "same"
    return "more" if now > then else "fewer"
