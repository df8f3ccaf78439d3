"""A map as SVG: one square for each place where rows lie, a scale, and the names of the fullest places."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from openbeat.web.portal.charts import FONT, TEXT, WIDTHS
from openbeat.web.portal.language import say
from openbeat.web.portal.numbers import number
from openbeat.web.portal.palette import SHADES
from openbeat.web.portal.places import Grid, thresholds

EDGE = 8  # pixels around the map


def draw_map(grid: Grid, *, language: str, shade: str, shape: str) -> str:
    """The grid as a picture: darker (in dark pages lighter) squares hold more rows."""
    width = WIDTHS[shape]
    tallest = 620 if shape == "wide" else 420
    square = min((width - 2 * EDGE) / grid.columns, tallest / grid.lines)
    left = (width - square * grid.columns) / 2
    below = EDGE + square * grid.lines
    bounds = thresholds([rows for _, _, rows in grid.cells])
    height = below + (58 if shape == "wide" else 92)
    colours = SHADES[shade]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" font-family="{FONT}" font-size="{TEXT}">',
        *_squares(grid, bounds, colours.steps, left, square),
        *_names(grid, colours.ink, colours.paper, left, square, narrow=shape == "narrow"),
        *_scale(grid, colours.ink, left, below + 22, square),
        *_legend(bounds, colours.steps, colours.ink, language, width, below + 22, shape),
        "</svg>",
    ]
    return "".join(parts)


def _squares(
    grid: Grid, bounds: tuple[int, ...], steps: tuple[str, ...], left: float, square: float
) -> Iterator[str]:
    shades = steps[-len(bounds) :]
    for level, colour in enumerate(shades):
        inside = [
            (column, line)
            for column, line, rows in grid.cells
            if sum(rows >= bound for bound in bounds) == level + 1
        ]
        path = "".join(
            f"M{left + column * square:.1f} {EDGE + line * square:.1f}"
            f"h{square - 0.7:.1f}v{square - 0.7:.1f}h-{square - 0.7:.1f}z"
            for column, line in inside
        )
        if path:
            yield f'<path fill="{colour}" d="{path}"/>'


def _names(grid: Grid, ink: str, paper: str, left: float, square: float, *, narrow: bool) -> Iterator[str]:
    for name, column, line in grid.labels[: 4 if narrow else 7]:
        x, y = left + column * square, EDGE + line * square
        room = 3.4 * len(name) + 4
        x = min(max(x, room), WIDTHS["narrow" if narrow else "wide"] - room)
        yield (
            f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="{ink}" stroke="{paper}" '
            f'stroke-width="3.5" stroke-linejoin="round" paint-order="stroke" font-weight="600">'
            f"{escape(name)}</text>"
        )


def _scale(grid: Grid, ink: str, left: float, y: float, square: float) -> Iterator[str]:
    metres = next(
        (one for one in (20_000, 10_000, 5_000, 2_000, 1_000, 500) if one / grid.side * square < 110), 200
    )
    length = metres / grid.side * square
    words = f"{number(metres // 1000)} km" if metres >= 1000 else f"{metres} m"
    x = max(left, EDGE)
    yield f'<path d="M{x:.1f} {y - 4:.1f}v4h{length:.1f}v-4" fill="none" stroke="{ink}" stroke-width="1.5"/>'
    yield f'<text x="{x:.1f}" y="{y + 17:.1f}" fill="{ink}">{words}</text>'


def _legend(
    bounds: tuple[int, ...],
    steps: tuple[str, ...],
    ink: str,
    language: str,
    width: int,
    y: float,
    shape: str,
) -> Iterator[str]:
    shades, box = steps[-len(bounds) :], 62
    x = float(width - EDGE - box * len(bounds)) if shape == "wide" else float(EDGE)
    y = y if shape == "wide" else y + 36
    if shape == "wide":
        yield (
            f'<text x="{x - 10:.0f}" y="{y + 4:.0f}" text-anchor="end" fill="{ink}">'
            f"{escape(say(language, 'chart.rows_in_square'))}</text>"
        )
    for number_of, (bound, colour) in enumerate(zip(bounds, shades, strict=True)):
        at = x + number_of * box
        above = bounds[number_of + 1] - 1 if number_of + 1 < len(bounds) else None
        words = (
            number(bound)
            if above == bound
            else f"{number(bound)}–{number(above)}"
            if above
            else f"{number(bound)}+"
        )
        yield f'<rect x="{at:.0f}" y="{y - 7:.0f}" width="{box - 2}" height="13" fill="{colour}"/>'
        yield f'<text x="{at:.0f}" y="{y + 21:.0f}" fill="{ink}">{words}</text>'
