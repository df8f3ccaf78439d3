"""Pieces of Markdown made of other people's words, which can never be read as Markdown or HTML themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MEANT = re.compile(r"[\\`*_\[\]<>|#~&]")


def escaped(text: object) -> str:
    """The text on one line, its signs shown as they are."""
    return MEANT.sub(lambda sign: f"\\{sign[0]}", " ".join(str(text).split()))


def code(name: str) -> str:
    """A name in the type of code; one with a sign that would end it there is only escaped."""
    return escaped(name) if {"`", "|", "\n", "\r"} & {*name} else f"`{name}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> list[str]:
    """The lines of a table of finished cells; the columns numbered `numbers` are set to the right."""
    rule = ["---:" if number in numbers else "---" for number in range(len(head))]
    return ["", *(f"| {' | '.join(row)} |" for row in (head, rule, *rows)), ""]


def count(number: int) -> str:
    """A number as both languages write it in the United States: 1,377,285."""
    return f"{number:,}"


def share(part: int, whole: int) -> str:
    """How much of the whole, in per cent with one decimal; never 0 for some, nor 100 for fewer than all."""
    if not whole:
        return "–"
    if 0 < part < whole and not 0.0005 <= part / whole < 0.9995:
        return "\\<0.1%" if part / whole < 0.5 else "\\>99.9%"
    return f"{part / whole:.1%}"


def as_text(lines: Iterable[str]) -> bytes:
    """The lines as a file, never two empty ones in a row."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip()).encode() + b"\n"
