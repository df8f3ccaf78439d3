"""Charts as SVG: Altair says what to draw, vl-convert draws it, nobody's browser runs anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from openbeat.web.portal.language import say
from openbeat.web.portal.months import Month
from openbeat.web.portal.numbers import as_date, number
from openbeat.web.portal.palette import SHADES, Palette
from openbeat.web.portal.rates import Cell

WIDTHS = {"wide": 700, "narrow": 330}  # pixels of the whole picture
TEXT = 13  # pixels
FONT = "Helvetica Neue, Arial, Liberation Sans, sans-serif"
TIME_WORDS = {"en": "en-US", "es": "es-MX"}


def months_chart(
    months: Sequence[Month], breaks: Sequence[str], *, language: str, shade: str, shape: str
) -> str:
    """Bars by month: an incomplete month is pale with an outline, a gap says so, a break is a dashed line."""
    colours, narrow = SHADES[shade], shape == "narrow"
    rows = [
        {"month": f"{one.key}-01", "rows": one.rows, "partial": one.partial}
        for one in months
        if one.rows is not None
    ]
    gaps = [{"month": f"{one.key}-01"} for one in months if one.rows is None]
    years = max(round(len(months) / 12), 1)
    axis = alt.Axis(
        title=None,
        format="%Y" if years > 2 else "%b %Y",
        tickCount=min(years, 5 if narrow else 10) if years > 2 else (4 if narrow else 8),
        grid=False,
    )
    x = alt.X("utcyearmonth(month):T", axis=axis, scale=alt.Scale(type="utc"))
    y = alt.Y("rows:Q", axis=alt.Axis(title=None, tickCount=5, format=",d"), scale=alt.Scale(zero=True))
    tight = len(months) > (60 if narrow else 150)
    layers = [
        alt.Chart(_values(rows))
        .mark_bar(binSpacing=0 if tight else 1, strokeWidth=0 if tight else 1)
        .encode(
            x=x,
            y=y,
            color=alt.condition("datum.partial", alt.value(colours.pale), alt.value(colours.data)),
            stroke=alt.condition("datum.partial", alt.value(colours.data), alt.value(None)),
        )
    ]
    if partial := [one for one in rows if one["partial"]][-1:]:
        label = say(language, "chart.incomplete")
        layers.append(
            alt.Chart(_values(partial))
            .mark_text(text=label, align="right", dy=-7, dx=8, color=colours.quiet)
            .encode(x=x, y=y)
        )
    if gaps:
        height = max((one["rows"] for one in rows), default=1)
        layers.append(
            alt.Chart(_values([one | {"rows": height} for one in gaps]))
            .mark_bar(binSpacing=0, color=colours.line)
            .encode(x=x, y=y)
        )
        layers.append(
            alt.Chart(_values([gaps[0] | {"rows": height}]))
            .mark_text(text=say(language, "chart.no_records"), align="left", dy=10, color=colours.quiet)
            .encode(x=x, y=y)
        )
    if breaks:
        layers.append(
            alt.Chart(_values([{"on": as_date(on).isoformat()} for on in breaks]))
            .mark_rule(strokeDash=[4, 3], color=colours.ink)
            .encode(x=alt.X("on:T", scale=alt.Scale(type="utc")))
        )
    return _drawn(alt.layer(*layers), 250 if not narrow else 210, language, shade, shape)


def rates_chart(cells: Sequence[Cell], *, language: str, shade: str, shape: str) -> str:
    """A dot for each group's share, its interval as a line, and what it is a share of beside the name."""
    colours, narrow = SHADES[shade], shape == "narrow"
    rows: list[dict[str, Any]] = []
    for cell in cells:
        if cell.suppressed or cell.share is None:
            below = say(language, "chart.too_few")
        else:
            below = say(language, "chart.count_of", count=cell.count or 0, among=cell.among or 0)
        label = f"{cell.group}|{below}"
        share = None if cell.suppressed else cell.share
        rows.append({"label": label, "share": share, "low": cell.low, "high": cell.high})
    top = max((row["high"] or row["share"] or 0 for row in rows), default=0) or 1
    y = alt.Y(
        "label:N",
        sort=None,
        axis=alt.Axis(
            title=None, labelExpr="split(datum.value, '|')", labelLimit=190 if narrow else 260, labelPadding=8
        ),
    )
    axis = alt.Axis(title=None, format=".0%" if top > 0.05 else ".1%", tickCount=3 if narrow else 6, grid=True)
    scale = alt.Scale(domain=[0, top * 1.05], nice=True)
    base = alt.Chart(_values(rows))
    chart = alt.layer(
        base.mark_rule(strokeWidth=3, color=colours.data, opacity=0.55).encode(
            y=y, x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q"
        ),
        base.mark_point(size=85, filled=True, opacity=1, color=colours.data).encode(
            y=y, x=alt.X("share:Q", axis=axis, scale=scale)
        ),
    )
    return _drawn(chart, 46 * max(len(rows), 1), language, shade, shape)


def places_chart(places: Sequence[tuple[str, int]], *, language: str, shade: str, shape: str) -> str:
    """A bar for each place, with its number beside it."""
    colours = SHADES[shade]
    rows = [{"place": name, "rows": count, "said": number(count)} for name, count in places]
    y = alt.Y("place:N", sort=None, axis=alt.Axis(title=None, labelLimit=130 if shape == "narrow" else 240))
    x = alt.X("rows:Q", axis=None, scale=alt.Scale(domain=[0, max(count for _, count in places) * 1.15]))
    base = alt.Chart(_values(rows)).encode(y=y, x=x)
    chart = alt.layer(
        base.mark_bar(color=colours.data, height=16),
        base.mark_text(align="left", dx=5, color=colours.ink).encode(text="said:N"),
    )
    return _drawn(chart, 26 * len(rows), language, shade, shape)


def _values(rows: Sequence[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=list(rows))


def _drawn(chart: alt.LayerChart, height: int, language: str, shade: str, shape: str) -> str:
    chart = chart.properties(
        width=WIDTHS[shape],
        height=height,
        background="transparent",
        padding=4,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    ).configure(**_look(SHADES[shade]))
    return str(
        vl_convert.vegalite_to_svg(
            chart.to_json(validate=False, indent=None),
            vl_version="v6_1" if "v6_1" in _versions() else None,
            allowed_base_urls=[],
            time_format_locale=TIME_WORDS[language],
        )
    )


def _versions() -> list[str]:
    return list(vl_convert.get_vegalite_versions())


def _look(colours: Palette) -> dict[str, Any]:
    axis = alt.Axis(
        labelColor=colours.quiet,
        labelFontSize=TEXT,
        domainColor=colours.line,
        tickColor=colours.line,
        gridColor=colours.line,
        labelFlush=True,
    )
    return {
        "font": FONT,
        "view": alt.ViewConfig(stroke=None),
        "axis": axis,
        "axisY": alt.Axis(domain=False, ticks=False),
        "text": alt.MarkConfig(fontSize=TEXT),
    }
