"""Charts as SVG: Altair says what to draw, vl-convert draws it, nobody's browser runs anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from openbeat.web.portal.language import say
from openbeat.web.portal.months import Month
from openbeat.web.portal.numbers import month, number
from openbeat.web.portal.palette import SHADES, Palette
from openbeat.web.portal.rates import Cell

WIDTHS = {"wide": 700, "narrow": 330}  # pixels of the whole picture
TEXT = 13  # pixels
FONT = "Helvetica Neue, Arial, Liberation Sans, sans-serif"


def months_chart(
    months: Sequence[Month], breaks: Sequence[str], *, language: str, shade: str, shape: str
) -> str:
    """Bars by month: an incomplete month is pale with an outline, a gap says so, a break is a dashed line."""
    colours, narrow = SHADES[shade], shape == "narrow"
    rows = [
        {"month": one.key, "rows": one.rows, "partial": one.partial} for one in months if one.rows is not None
    ]
    top = max((one.rows for one in months if one.rows), default=1)
    gaps = [{"month": one.key, "rows": top} for one in months if one.rows is None]
    labels = _labels([one.key for one in months], 4 if narrow else 9, language)
    axis = alt.Axis(
        title=None,
        values=list(labels),
        labelExpr=f"{json.dumps(labels, ensure_ascii=False)}[datum.value]",
        labelAngle=0,
        grid=False,
    )
    tight = len(months) > (60 if narrow else 150)
    scale = alt.Scale(paddingInner=0 if tight else 0.14, paddingOuter=0.05)
    x = alt.X("month:O", axis=axis, scale=scale, sort=None)
    y = alt.Y("rows:Q", axis=alt.Axis(title=None, tickCount=5, format=",d"), scale=alt.Scale(zero=True))
    layers = [
        alt.Chart(_values([{"month": one.key} for one in months])).mark_point(opacity=0).encode(x=x),
        alt.Chart(_values(rows))
        .mark_bar(strokeWidth=0 if tight else 1)
        .encode(
            x=x,
            y=y,
            color=alt.condition("datum.partial", alt.value(colours.pale), alt.value(colours.data)),
            stroke=alt.condition("datum.partial", alt.value(colours.data), alt.value(None)),
        ),
    ]
    if partial := [one for one in rows if one["partial"]][-1:]:
        # Above the highest bar, where no other can be in its way.
        layers.append(
            alt.Chart(_values([partial[0] | {"rows": top}]))
            .mark_text(
                text=f"{say(language, 'chart.incomplete')} \u2193",
                align="right",
                dy=-10,
                dx=9,
                color=colours.quiet,
            )
            .encode(x=x, y=y)
        )
    if gaps:
        layers.append(alt.Chart(_values(gaps)).mark_bar(color=colours.line).encode(x=x, y=y))
        layers.append(
            alt.Chart(_values(gaps[:1]))
            .mark_text(text=say(language, "chart.no_records"), align="left", dy=-10, color=colours.quiet)
            .encode(x=x, y=y)
        )
    if breaks := sorted({on[:7] for on in breaks} & {one.key for one in months}):
        layers.append(
            alt.Chart(_values([{"month": on} for on in breaks]))
            .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=colours.ink)
            .encode(x=alt.X("month:O", bandPosition=0))
        )
    return _drawn(alt.layer(*layers), 250 if not narrow else 210, shade, shape)


def _labels(keys: Sequence[str], most: int, language: str) -> dict[str, str]:
    """What stands below which months: years where there are many, else months."""
    years = [key for key in keys if key.endswith("-01")]
    if len(years) > 2:
        return {key: key[:4] for key in years[:: -(-len(years) // most)]}
    short = {key: month(key, language) for key in keys[:: -(-len(keys) // (most - 1))]}
    return {key: f"{name[:3]} {key[:4]}" for key, name in short.items()}


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
            title=None,
            labelExpr="split(datum.value, '|')",
            labelLimit=190 if narrow else 260,
            labelPadding=8,
            labelFlush=False,
        ),
    )
    axis = alt.Axis(
        title=None, format=".0%" if top > 0.05 else ".1%", tickCount=3 if narrow else 6, grid=True
    )
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
    return _drawn(chart, 46 * max(len(rows), 1), shade, shape)


def places_chart(places: Sequence[tuple[str, int]], *, language: str, shade: str, shape: str) -> str:
    """A bar for each place, with its number beside it."""
    colours = SHADES[shade]
    rows = [{"place": name, "rows": count, "said": number(count)} for name, count in places]
    y = alt.Y("place:N", sort=None, axis=alt.Axis(title=None, labelLimit=130 if shape == "narrow" else 240))
    x = alt.X(
        "rows:Q",
        axis=None,
        scale=alt.Scale(domain=[0, max(count for _, count in places) * (1.3 if shape == "narrow" else 1.12)]),
    )
    base = alt.Chart(_values(rows)).encode(y=y, x=x)
    chart = alt.layer(
        base.mark_bar(color=colours.data, height=16),
        base.mark_text(align="left", dx=5, color=colours.ink).encode(text="said:N"),
    )
    return _drawn(chart, 26 * len(rows), shade, shape)


def _values(rows: Sequence[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _drawn(chart: alt.LayerChart | alt.FacetChart, height: int, shade: str, shape: str) -> str:
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
            allowed_base_urls=[],
        )
    )


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
