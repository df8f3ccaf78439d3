"""The colours of pictures: the same as the pages' own, told apart by lightness and not by hue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Ink for words, faint ink for what stands behind, one colour for data and its steps on a map."""

    ink: str
    quiet: str
    line: str
    data: str
    pale: str
    steps: tuple[str, ...]
    paper: str


SHADES: Mapping[str, Palette] = {
    "light": Palette(
        ink="#1c2733",
        quiet="#51606e",
        line="#dde3e8",
        data="#14617a",
        pale="#c4dde6",
        steps=("#d3e8ee", "#9cc9d6", "#5fa3b8", "#2c7793", "#0b4358"),
        paper="#ffffff",
    ),
    "dark": Palette(
        ink="#e7edf2",
        quiet="#a5b3bf",
        line="#33414e",
        data="#6cc0d8",
        pale="#2b4c59",
        steps=("#1f4352", "#2b6579", "#3b8aa3", "#62b4cb", "#b4e4f1"),
        paper="#161d24",
    ),
}
