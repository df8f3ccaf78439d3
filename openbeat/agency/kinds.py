"""Settings of the right kind, and a fault for each that is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openbeat.standards import LANGUAGES, Words, words_of

Kind = type | tuple[type, ...]
DURATION = re.compile(r"P(\d+[YMWD])+")
KINDS = {
    str: "text in quotes",
    dict: "a table",
    list: "a list in [ ]",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def check_zone(name: str, where: str, faults: list[str]) -> None:
    """Faults a time zone that nobody knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"{where} {name!r} is not known: write one such as America/Chicago")


def words_in(written: Any, where: str, faults: list[str]) -> Words | None:
    """The same thing said in both languages, or None."""
    if written is None:
        return None
    if not isinstance(written, dict) or not all(
        isinstance(written.get(language), str) for language in LANGUAGES
    ):
        faults.append(f'{where}: say it in both languages: {{ en = "…", es = "…" }}')
        return None
    return words_of(written)


def several(one_or_more: Any) -> list[Any]:
    """A list, of one where there was no list."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def texts_in(written: list[Any], where: str, faults: list[str]) -> tuple[str, ...]:
    """The texts of a list; anything else is a fault."""
    faults += [f"{where}: {one!r} should be text in quotes" for one in written if not isinstance(one, str)]
    return tuple(one for one in written if isinstance(one, str))


def tables_in(
    written: list[Any], allowed: Mapping[str, Kind], where: str, faults: list[str]
) -> list[dict[str, Any]]:
    """The tables of a list; anything else is a fault."""
    faults += [f"{where}: {one!r} should be a table" for one in written if not isinstance(one, dict)]
    return [known_in(one, allowed, where, faults) for one in written if isinstance(one, dict)]


def day_in(value: Any, where: str, faults: list[str]) -> date | None:
    """A day, or None where there is none."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    faults.append(f"{where} is no date: write 2027-01-31, without quotes")
    return None


def known_in(
    data: Mapping[str, Any], allowed: Mapping[str, Kind], where: str, faults: list[str]
) -> dict[str, Any]:
    """The settings that exist and are of the right kind; the others are faults."""
    for key in data:
        if key not in allowed:
            faults.append(f"{where or 'at the top'}: there is no setting {key!r}{perhaps(key, allowed)}")
    right = {}
    for key, value in data.items():
        if key in allowed and each_of({key: value}, allowed[key], where, faults):
            right[key] = value
    return right


def each_of(data: Mapping[str, Any], kind: Kind, where: str, faults: list[str]) -> dict[str, Any]:
    """The entries that are of the right kind; the others are faults."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    wrong = {
        key
        for key, value in data.items()
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int)
    }
    said = " or ".join(KINDS[one] for one in kinds if one in KINDS)
    faults += [f"{where}.{key}".lstrip(".") + f" should be {said}" for key in data if key in wrong]
    return {key: value for key, value in data.items() if key not in wrong}


def check_needed(data: Mapping[str, Any], keys: list[str], where: str, faults: list[str]) -> None:
    """Faults every key that is missing."""
    faults.extend(f"{where or 'at the top'}: {key} is missing" for key in keys if key not in data)


def perhaps(word: str, known: object) -> str:
    """A known word that may have been meant, as the end of a sentence."""
    close = get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f": did you mean {close[0]!r}?" if close else ""
