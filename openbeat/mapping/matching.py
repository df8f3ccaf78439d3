"""Which field of a standard a column most likely is, by its name and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from openbeat.agency import FieldMapping, TableMapping
from openbeat.mapping.columns import (
    FEW,
    Column,
    column_words,
    has_zone,
    is_repeated_header,
    looks_private,
    may_be_shown,
    moment_formats,
    only_midnight,
    written_coordinate,
    zeros_lost,
)
from openbeat.mapping.odd import Odd
from openbeat.mapping.readings import NO, YES, ZEROS_LOST, reading
from openbeat.standards import Field, Table

ENOUGH = 0.72  # how well a name must fit by itself
HALF = 0.62  # how well where the values leave little doubt
LIGHT, STRANGE = 0.3, 0.6  # how much words count that say little, or that nobody knows
SPLITS = (";", "|", ",")
ROLES = {"officer", "subject"}
STREET = re.compile(
    r"\d|/|&| and |\b(st|ave?|rd|dr|ln|blvd|hwy|ct|pl|street|avenue|road|drive)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A guess: this column is this field, written so."""

    field: Field
    columns: tuple[Column, ...]
    score: float
    why: str
    formats: tuple[str, ...] = ()
    zone: str | None = None
    split: str | None = None
    written: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A guess: this column should be left out."""

    column: Column
    reason: str
    private: bool


@cache
def words_of_name(name: str) -> frozenset[str]:
    """The words of a column's or field's name, abbreviations written out and joined words cut apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[A-Za-z])(?=\d)", " ", name)
    words: list[str] = []
    for part in re.findall(r"[a-z]+", spaced.casefold()):
        for piece in _cut(part) if part not in _vocabulary() else [part]:
            words += column_words()["words"].get(piece, piece).split()
    return frozenset(words)


def ignored_by_name(column: Column) -> Ignored | None:
    """Why a column called so should be left out, or None."""
    words = words_of_name(column.name)
    plain = re.sub(r"[^a-z]", "", column.name.casefold())
    for one in column_words()["ignored"]:
        if words & set(one.get("but", ())):
            continue
        for name in one["names"]:
            if set(name.split()) <= words or words_of_name(name) <= words or name.replace(" ", "") == plain:
                return Ignored(column=column, reason=one["reason"], private=one["private"])
    return None


def drifted(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """Columns grouped that are one column under names that changed from file to file."""
    groups: list[list[Column]] = []
    for column in sorted(columns, key=lambda one: len(one.name)):
        home = next((group for group in groups if all(_same(column, other) for other in group)), None)
        if home is None:
            groups.append([column])
        else:
            home.append(column)
    order = {column.name: number for number, column in enumerate(columns)}
    tidy = [tuple(sorted(group, key=lambda one: order[one.name])) for group in groups]
    return sorted(tidy, key=lambda group: order[group[0].name])


def fits(table: Table, groups: Sequence[tuple[Column, ...]]) -> dict[str, Fit]:
    """The best guess for each field, no column twice except a moment for its date and its time."""
    candidates = [
        fit
        for group in groups
        for whole in [_together(group)]
        for field in table.fields.values()
        if (fit := _fit(table, field, group, whole)) is not None
    ]
    taken: dict[str, Fit] = {}
    used: dict[str, set[str]] = {}
    for fit in sorted(candidates, key=lambda one: (-one.score, one.field.key)):
        names = {column.name for column in fit.columns}
        if fit.field.key in taken:
            old = taken[fit.field.key]
            if fit.score >= ENOUGH and not names & used.keys() and _never_together(old.columns, fit.columns):
                both = (*old.columns, *fit.columns)
                taken[fit.field.key] = replace(old, columns=both, formats=_joined(old.formats, fit.formats))
                used |= {name: {fit.field.type} for name in names}
            continue
        if any(not _may_share(used[name], fit.field.type) for name in names & used.keys()):
            continue
        taken[fit.field.key] = fit
        used |= {name: used.get(name, set()) | {fit.field.type} for name in names}
    return {key: taken[key] for key in table.fields if key in taken}


def named_like(table: Table, field: Field, columns: Sequence[Column]) -> list[str]:
    """The columns that are called like the field, whatever stands in them."""
    return [column.name for column in columns if _name_score(table, field, column.name) >= ENOUGH]


def _fit(table: Table, field: Field, group: tuple[Column, ...], whole: Column) -> Fit | None:
    if field.type == "free_text" or field.default is not None:
        return None
    score = max(_name_score(table, field, column.name) for column in group)
    if score < HALF or not whole.counts:
        return None
    found = _by_values(field, whole)
    if found is None:
        return None
    sure, fit = found
    score = round(score + (0.3 if sure > 0.9 else 0.15 if sure > 0.5 else 0), 3)
    if score < ENOUGH:
        return None
    return replace(fit, columns=group, score=score)


def _by_values(field: Field, column: Column) -> tuple[float, Fit] | None:
    """How far the values bear it out, from 0 to 1, and how they are written; None where they cannot be it."""
    fit = Fit(field=field, columns=(column,), score=0, why="its name")
    match field.type:
        case "date" | "time" | "month":
            return _moment(fit, column)
        case "latitude" | "longitude":
            found = written_coordinate(column, field.type)
            if found is None:
                return None
            written, share = found
            return max(share, 0.6 if written else 0), replace(
                fit, written=written, why=f"{share:.0%} of its values are positions written so"
            )
        case "integer" | "year" | "number":
            read = reading(field, FieldMapping(), TableMapping(), "UTC")
            share = column.share(lambda value: not isinstance(read([value]), Odd))
            limited = field.maximum is not None
            if field.type == "year":
                share = min(
                    share, column.share(lambda value: value[:2] in ("18", "19", "20") and len(value) == 4)
                )
            return (0.95 if limited else 0.3, fit) if share > 0.8 else None
        case "code" | "codes" | "boolean":
            return _coded(fit, column)
        case "id":
            return (0.2, fit) if len(column.counts) > 1 else None
        case "place":
            position = written_coordinate(column, "latitude")
            named = looks_private(column) == "looks like names of people"
            streets = column.share(STREET.search)
            few = len(column.counts) < 20 and column.filled > 50 * len(column.counts)
            if named or few or streets < 0.1 or (position and position[1] > 0.5):
                return None
            return streets, fit
        case _:
            told = looks_private(column) or column.share(lambda value: len(value) > 60) > 0.1
            return None if told else (0.2, fit)


def _moment(fit: Fit, column: Column) -> tuple[float, Fit] | None:
    found = moment_formats(column, fit.field.type)
    if found is None or (fit.field.type == "time" and only_midnight(column)):
        return None
    formats, doubt = found
    if (
        fit.field.type == "time"
        and formats
        and not any(sign in form for form in formats for sign in ("%H", "%I"))
    ):
        return None
    zone = "UTC" if has_zone(column) else None
    written = ZEROS_LOST if zeros_lost(column, fit.field.type) else None
    why = doubt or "its values are written so"
    return 0.95, replace(fit, formats=formats, zone=zone, written=written, why=why)


def _coded(fit: Fit, column: Column) -> tuple[float, Fit] | None:
    known = {*known_words(fit.field)}
    best: tuple[float, str | None, int] = (0.0, None, 0)
    several = fit.field.type == "codes"
    for split in (None, *SPLITS) if several else (None,):
        words = split_words(column, split if several else packed_by(column))
        share = sum(rows for word, rows in words.items() if word.casefold() in known) / (
            sum(words.values()) or 1
        )
        best = max(best, (round(share, 2), split, -len(words)), key=lambda one: (one[0], one[2]))
    share, split, distinct = best
    if fit.field.type == "boolean" and share < 0.5:
        return None
    if share < 0.3 and -distinct > 3 * FEW:
        return None
    if share == 0 and not (may_be_shown(column.counts) and all(len(word) <= 3 for word in column.counts)):
        return None
    return share, replace(fit, split=split, why=f"its name; {share:.0%} of its words are known")


def known_words(field: Field) -> dict[str, str]:
    """Words, in small letters, and the code that each most likely stands for in this field."""
    if field.codes is None:
        return dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no")
    short = column_words()["codes"].get(field.codes.key, {})
    usual = {word.casefold(): code for word, code in short.items() if code in field.codes.codes}
    return usual | dict(field.codes.known_words)


def split_words(column: Column, split: str | None) -> dict[str, int]:
    """The single words of a coded column, and their rows."""
    words: dict[str, int] = {}
    for value, rows in column.counts.items():
        for word in dict.fromkeys(part.strip() for part in (value.split(split) if split else [value])):
            if word and not is_repeated_header(column, word):
                words[word] = words.get(word, 0) + rows
    return words


@cache
def packed_by(column: Column) -> str | None:
    """What is between the values where most such cells hold several words that stand alone in other cells."""
    singles = {value for value in column.counts if not any(sign in value for sign in SPLITS)}
    for split in SPLITS:
        many = {value: rows for value, rows in column.counts.items() if split in value}
        whole = sum(
            rows
            for value, rows in many.items()
            if {one.strip() for one in value.split(split)} - {""} <= singles
        )
        if many and whole > 0.9 * sum(many.values()):
            return split
    return None


def flags_of(field: Field, columns: Sequence[Column]) -> dict[str, str]:
    """Yes-or-no columns that are each called like one code of the field, and that code."""
    if field.codes is None:
        return {}
    codes = {words_of_name(word): code for word, code in field.codes.known_words.items()}
    found = {}
    for column in columns:
        yes_or_no = {value.casefold() for value in column.counts if not is_repeated_header(column, value)}
        if yes_or_no and yes_or_no <= YES | NO and (code := codes.get(words_of_name(column.name))):
            found[column.name] = code
    return found if len(found) > 1 else {}


def _name_score(table: Table, field: Field, name: str) -> float:
    """How alike two names are, 0 to 1: twice what they share over what they have."""
    words = words_of_name(name)
    if (
        (ROLES & words)
        and (ROLES & words_of_name(field.key))
        and not ROLES & words & words_of_name(field.key)
    ):
        return 0.0
    phrases = [field.key, *column_words()["fields"].get(field.key, ())]
    if field.key == table.primary[0]:
        phrases += column_words()["numbers"]
    scores = [_alike(words, words_of_name(phrase)) - 0.01 * number for number, phrase in enumerate(phrases)]
    if "officer" in words and "officer" not in words_of_name(field.key) and "officer" in _roles_of(table):
        return max(scores) * 0.6
    return max(scores)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    shared = sum(map(_weight, one & other))
    if one and other and (left := (one - other)) and (right := (other - one)):
        # Shapefiles cut names after ten letters: a beginning counts as the word.
        shared += sum(
            0.85 * _weight(there)
            for here in left
            if len(here) >= 4
            for there in [
                next((word for word in right if word.startswith(here) or here.startswith(word)), None)
            ]
            if there and len(there) >= 4
        )
    total = sum(map(_weight, one)) + sum(map(_weight, other))
    return min(1.0, 2 * shared / total) if total else 0.0


def _weight(word: str) -> float:
    if word in column_words()["light"] or len(word) == 1:
        return LIGHT
    return 1.0 if word in _vocabulary() else STRANGE


def _roles_of(table: Table) -> set[str]:
    return {role for role in ROLES for key in table.fields if key.startswith(role)}


def _same(one: Column, other: Column) -> bool:
    a, b = (re.sub(r"[^a-z0-9]", "", column.name.casefold()) for column in (one, other))
    alike = len(min(a, b, key=len)) >= 6 and (a.startswith(b) or b.startswith(a))
    return not one.files & other.files and (alike or words_of_name(one.name) == words_of_name(other.name))


def _together(group: Sequence[Column]) -> Column:
    counts: dict[str, int] = {}
    for column in group:
        for value, rows in column.counts.items():
            counts[value] = counts.get(value, 0) + rows
    return replace(group[0], counts=counts)


def _never_together(one: Sequence[Column], other: Sequence[Column]) -> bool:
    return not any(a.files & b.files for a in one for b in other)


def _may_share(here: set[str], there: str) -> bool:
    return there not in here and {*here, there} in ({"date", "time"}, {"latitude", "longitude"})


def _joined(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


@cache
def _vocabulary() -> Mapping[str, int]:
    """Every word that names of columns are made of."""
    loaded = column_words()
    texts = [*loaded["words"], *loaded["words"].values(), *loaded["light"], *loaded["fields"]]
    texts += [phrase for phrases in loaded["fields"].values() for phrase in phrases]
    texts += [name for one in loaded["ignored"] for name in one["names"]]
    return dict.fromkeys((word for text in texts for word in re.findall(r"[a-z]+", text.casefold())), 1)


@cache
def _cut(word: str) -> list[str]:
    """A word cut into as few known words of three letters and more as cover it; itself where that fails."""
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(3, len(word) + 1):
        for start in range(end - 2):
            before = best[start]
            now = best[end]
            if (
                before is not None
                and word[start:end] in _vocabulary()
                and (now is None or len(before) + 1 < len(now))
            ):
                best[end] = [*before, word[start:end]]
    return best[-1] or [word]
