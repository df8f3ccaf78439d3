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

from openbeat.agency import EPOCH, FieldMapping, TableMapping
from openbeat.mapping.coordinates import read_coordinate
from openbeat.mapping.odd import Odd
from openbeat.standards import Field
from openbeat.standards.model import BETWEEN_CODES

Value = str | int | float | bool | date | None
Cells = Sequence[str | None]
Reading = Callable[[Cells], "Value | Odd"]

YES = {"yes", "y", "true", "t", "1"}
NO = {"no", "n", "false", "f", "0"}
MARKED = YES | {"x"}  # a cross in a list of boxes
ZEROS_LOST = "zeros lost"  # 0122 was kept as the number 122
BIRTH_YEAR = "birth year"  # an age, from the day in the first column and the year of birth in the second
YEARS_SINCE = "years since"  # whole years up to the moment in the first column since that in the second
WHOLE_NUMBER = "whole number"  # 0211, 211 and 211.0 are one number
EXACT = 2.0**53  # up to here a float64 holds every whole number
NUMBER = re.compile(r"[+-]?(\d+(,\d{3})*|\d*)(\.\d+)?")
WHOLE = re.compile(r"0*(\d+?)(\.0*)?")


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What an agency's words mean in one field: code, or the reason to ignore them."""

    meanings: Mapping[str, tuple[str, ...]]  # the agency's word, exactly
    known: Mapping[str, str]  # words that mean the same in every agency, in small letters
    ignored: Mapping[str, str]
    split: str | None
    missing: frozenset[str] = frozenset()  # words in a list that say nothing

    def words(self, cell: str) -> list[str]:
        """The single words of a cell; the empty word for an empty cell, if that has a meaning."""
        parts = [cell] if self.split is None or cell.strip() in self.meanings else cell.split(self.split)
        said = [part.strip() for part in parts]
        return [one for one in said if one and one not in self.missing] or [""] * ("" in self.meanings)

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
        known = dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no")
    given = {
        w.strip(): (c,) if isinstance(c, str) else tuple(c) for w, c in table.codes.get(field.key, {}).items()
    }
    ignored = {word.strip(): why for word, why in table.ignored_words.get(field.key, {}).items()}
    missing = frozenset(table.missing) if written.split else frozenset()
    return Vocabulary(meanings=given, known=known, ignored=ignored, split=written.split, missing=missing)


def reading(field: Field, written: FieldMapping, table: TableMapping, time_zone: str) -> Reading:
    """How this field is read in this table; moments of another zone become those of `time_zone`."""
    words = vocabulary(field, written, table)
    if written.flags:
        return partial(_flags, tuple(written.flags.values()), field.type == "codes")
    match field.type:
        case "code" | "codes":
            return partial(_codes, words, field.type == "codes")
        case "boolean":
            return partial(_boolean, words)
        case "integer" if written.written == BIRTH_YEAR:
            return partial(_age, field, written.formats)
        case "integer" | "number" if written.written == YEARS_SINCE:
            return partial(_years_since, field, written.formats)
        case "integer" | "year":
            return partial(_number, field, True)
        case "number":
            return partial(_number, field, False)
        case "date" | "time" | "month":
            zone = (ZoneInfo(written.zone), ZoneInfo(time_zone)) if written.zone else None
            return partial(_moment, field.type, written.formats, zone, written.written == ZEROS_LOST)
        case "latitude" | "longitude":
            return partial(read_coordinate, field.type, written.written)
        case _ if written.written == WHOLE_NUMBER:
            return _whole
        case _:
            return _joined


def _joined(cells: Cells) -> str | None:
    return " ".join(cell.strip() for cell in cells if cell and cell.strip()) or None


def _whole(cells: Cells) -> str | None:
    """A number in one spelling; other text as it stands."""
    text = _joined(cells)
    found = WHOLE.fullmatch(text) if text else None
    return found[1] if found else text


def _codes(words: Vocabulary, several: bool, cells: Cells) -> str | Odd | None:
    said = [word for cell in cells if cell is not None for word in words.words(cell)]
    found = {code for word in said for code in words.meaning(word) or ()}
    if len(found) > 1 and not several:
        return Odd("several codes where one belongs")
    return BETWEEN_CODES.join(sorted(found)) or None


def _flags(codes: Sequence[str], several: bool, cells: Cells) -> str | Odd | None:
    words = [(cell or "").strip().casefold() for cell in cells]
    if any(word and word not in MARKED | NO for word in words):
        return Odd("a flag that is neither yes nor no")
    found = {code for code, word in zip(codes, words, strict=True) if word in MARKED}
    if len(found) > 1 and not several:
        return Odd("several codes where one belongs")
    return BETWEEN_CODES.join(sorted(found)) or None


def _boolean(words: Vocabulary, cells: Cells) -> bool | Odd | None:
    """Yes where any cell says so; no only where every one does; nothing where one of them is silent."""
    spoken = [[] if cell is None else words.words(cell) for cell in cells]
    said = [{code for word in one for code in words.meaning(word) or ()} for one in spoken]
    if {"yes", "no"} in said:
        return Odd("both yes and no")
    if any("yes" in one for one in said):
        return True
    return False if all("no" in one for one in said) else None


def _number(field: Field, whole: bool, cells: Cells) -> int | float | Odd | None:
    text = _joined(cells)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or not any(sign.isdigit() for sign in text):
        return Odd("not a number")
    value = float(text.replace(",", ""))
    if abs(value) > EXACT:
        return Odd("outside the possible range")
    if whole and value != int(value):
        return Odd("not a whole number")
    if (field.minimum is not None and value < field.minimum) or (
        field.maximum is not None and value > field.maximum
    ):
        return Odd("outside the possible range")
    return int(value) if whole else value


def _age(field: Field, formats: Sequence[str], cells: Cells) -> int | Odd | None:
    """The least age of somebody born that year, on that day: nobody under 18 is taken for older."""
    day_text, year_text = (_joined([cell]) for cell in cells)
    if day_text is None or year_text is None:
        return None
    day = _parsed(day_text, formats, "date", zeros_lost=False)
    if day is None or not year_text.isdecimal():
        return Odd("not a day and a year of birth")
    age = day.year - int(year_text) - ((day.month, day.day) != (12, 31))
    if age < (field.minimum or 0) or (field.maximum is not None and age > field.maximum):
        return Odd("outside the possible range")
    return age


def _years_since(field: Field, formats: Sequence[str], cells: Cells) -> int | float | Odd | None:
    """Completed years, as birthdays count them; where a day is missing, the number in a third column."""
    until_text, since_text, *said = (_joined([cell]) for cell in cells)
    if until_text is None or since_text is None:
        return _number(field, True, said[:1]) if said else None
    until, since = (_parsed(text, formats, "date", zeros_lost=False) for text in (until_text, since_text))
    if until is None or since is None:
        return Odd("not two days")
    years = until.year - since.year - ((until.month, until.day) < (since.month, since.day))
    if years < (field.minimum or 0) or (field.maximum is not None and years > field.maximum):
        return Odd("outside the possible range")
    return years


def _moment(
    kind: str, formats: Sequence[str], zone: tuple[ZoneInfo, ZoneInfo] | None, zeros_lost: bool, cells: Cells
) -> date | str | Odd | None:
    text = _joined(cells)
    if text is None:
        return None
    moment = _parsed(text, formats, kind, zeros_lost)
    if moment is None:
        return Odd(f"not a {kind}")
    if not 1900 <= moment.year <= datetime.now(UTC).year + 1:
        return Odd("outside the possible range")
    if zone:
        at = moment if moment.tzinfo else moment.replace(tzinfo=zone[0])
        moment = at.astimezone(zone[1])
    if kind == "time":
        return moment.strftime("%H:%M")
    return moment.strftime("%Y-%m") if kind == "month" else moment.date()


def _parsed(text: str, formats: Sequence[str], kind: str, zeros_lost: bool) -> datetime | None:
    for form in formats:
        if form == EPOCH:
            if text.isdigit() and len(text) < 15:
                return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None)
            continue
        width = len(datetime(2000, 1, 1).strftime(form)) if zeros_lost else 0
        try:
            return datetime.strptime(text.zfill(width), form)
        except ValueError:
            continue
    if formats:
        return None
    if kind == "time":
        return _time_of(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _time_of(text: str) -> datetime | None:
    """The time that ISO 8601 text says; nothing where it is a day only, which is not midnight."""
    try:
        return datetime.combine(date(2000, 1, 1), time.fromisoformat(text))
    except ValueError:
        pass
    try:
        date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
