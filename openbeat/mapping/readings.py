"""How the words in a cell become a value, for each type of field.

A reading takes the words that make one value and gives the value, nothing (nothing was recorded), or an
`Odd` that says why they cannot be read. It runs once for each distinct combination of words, in Python, so
that every engine agrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from openbeat.agency import Agency, FieldMapping, TableMapping
from openbeat.mapping.coordinates import read_coordinate
from openbeat.mapping.odd import Odd
from openbeat.standards import Field
from openbeat.standards.model import BETWEEN_CODES

Value = str | int | float | bool | date | None
Cells = Sequence[str | None]
Reading = Callable[[Cells], "Value | Odd"]

YES = {"yes", "y", "true", "t", "1"}
NO = {"no", "n", "false", "f", "0"}
NUMBER = re.compile(r"[+-]?(\d+(,\d{3})*|\d*)(\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What an agency's words mean in one field: code, or the reason to ignore them."""

    meanings: Mapping[str, tuple[str, ...]]  # the agency's word, exactly
    known: Mapping[str, str]  # words that mean the same in every agency, in small letters
    ignored: Mapping[str, str]
    split: str | None

    def words(self, cell: str) -> list[str]:
        """The single words of a cell."""
        parts = [cell] if self.split is None or cell.strip() in self.meanings else cell.split(self.split)
        return [part.strip() for part in parts if part.strip()]

    def meaning(self, word: str) -> tuple[str, ...] | None:
        """The codes a word stands for; none for an ignored word; None for an unknown one."""
        if word in self.meanings:
            return self.meanings[word]
        if word in self.ignored:
            return ()
        found = self.known.get(word.casefold())
        return None if found is None else (found,)


def vocabulary(field: Field, written: FieldMapping, table: TableMapping) -> Vocabulary:
    """What the words of one field mean, by the agency and by the standard."""
    if field.codes:
        known = dict(field.codes.known_words)
    else:
        known = {word: "yes" for word in YES} | {word: "no" for word in NO}
    given = {w.strip(): (c,) if isinstance(c, str) else tuple(c) for w, c in table.codes.get(field.key, {}).items()}
    ignored = {word.strip(): why for word, why in table.ignored_words.get(field.key, {}).items()}
    return Vocabulary(meanings=given, known=known, ignored=ignored, split=written.split)


def reading(field: Field, written: FieldMapping, table: TableMapping, agency: Agency) -> Reading:
    """How this field is read in this table of this agency."""
    words = vocabulary(field, written, table)
    if written.flags:
        return partial(_flags, tuple(written.flags.values()))
    match field.type:
        case "code" | "codes":
            return partial(_codes, words, field.type == "codes")
        case "boolean":
            return partial(_boolean, words)
        case "integer" | "year":
            return partial(_number, field, True)
        case "number":
            return partial(_number, field, False)
        case "date" | "time" | "month":
            zone = (ZoneInfo(written.zone), ZoneInfo(agency.time_zone)) if written.zone else None
            return partial(_moment, field.type, written.formats, zone)
        case "latitude" | "longitude":
            return partial(read_coordinate, field.type, written.written)
        case _:
            return _joined


def _joined(cells: Cells) -> str | None:
    return " ".join(cell.strip() for cell in cells if cell and cell.strip()) or None


def _codes(words: Vocabulary, several: bool, cells: Cells) -> str | None | Odd:
    found = {code for cell in cells for word in words.words(cell or "") for code in words.meaning(word) or ()}
    if len(found) > 1 and not several:
        return Odd("several codes where one belongs")
    return BETWEEN_CODES.join(sorted(found)) or None


def _flags(codes: Sequence[str], cells: Cells) -> str | None:
    found = {code for code, cell in zip(codes, cells, strict=True) if cell and cell.strip().casefold() in YES}
    return BETWEEN_CODES.join(sorted(found)) or None


def _boolean(words: Vocabulary, cells: Cells) -> bool | None | Odd:
    """Yes where any cell says so; no only where every one does; nothing where one of them is silent."""
    said = [{code for word in words.words(cell or "") for code in words.meaning(word) or ()} for cell in cells]
    if {"yes", "no"} in said:
        return Odd("both yes and no")
    if any("yes" in one for one in said):
        return True
    return False if all("no" in one for one in said) else None


def _number(field: Field, whole: bool, cells: Cells) -> int | float | None | Odd:
    text = _joined(cells)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or not any(sign.isdigit() for sign in text):
        return Odd("not a number")
    value = float(text.replace(",", ""))
    if whole and value != int(value):
        return Odd("not a whole number")
    if (field.minimum is not None and value < field.minimum) or (
        field.maximum is not None and value > field.maximum
    ):
        return Odd("outside the possible range")
    return int(value) if whole else value


def _moment(
    kind: str, formats: Sequence[str], zone: tuple[ZoneInfo, ZoneInfo] | None, cells: Cells
) -> date | str | None | Odd:
    text = _joined(cells)
    if text is None:
        return None
    moment = _parsed(text, formats, kind)
    if moment is None:
        return Odd(f"not a {kind}")
    if zone:
        at = moment if moment.tzinfo else moment.replace(tzinfo=zone[0])
        moment = at.astimezone(zone[1])
    if kind == "time":
        return moment.strftime("%H:%M")
    if not 1900 <= moment.year <= datetime.now(UTC).year + 1:
        return Odd("outside the possible range")
    return moment.strftime("%Y-%m") if kind == "month" else moment.date()


def _parsed(text: str, formats: Sequence[str], kind: str) -> datetime | None:
    for form in formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    if formats:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if kind == "time":
        try:
            return datetime.combine(date(2000, 1, 1), time.fromisoformat(text))
        except ValueError:
            pass
    return None
