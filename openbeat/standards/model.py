"""The frozen values that a standard's TOML file becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from openbeat.standards.conditions import Condition
from openbeat.standards.words import Words

PRIVACY_CLASSES = ("direct", "quasi", "sensitive", "open")

# How a value of each type is stored; "text" holds codes, places and pseudonyms alike.
STORED_AS: Mapping[str, str] = {
    "id": "string",
    "text": "string",
    "code": "string",
    "codes": "string",  # several codes, in alphabetical order, with "|" between them
    "place": "string",
    "free_text": "string",
    "url": "string",
    "month": "string",
    "time": "string",
    "integer": "int64",
    "year": "int64",
    "number": "float64",
    "latitude": "float64",
    "longitude": "float64",
    "boolean": "boolean",
    "date": "date",
}
BETWEEN_CODES = "|"


@dataclass(frozen=True, kw_only=True)
class Code:
    """One code of a list, what it means, and the words that agencies write for it."""

    key: str
    title: Words
    about: Words
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CodeList:
    """The codes that a coded field may hold."""

    key: str
    title: Words
    about: Words
    source: str
    codes: Mapping[str, Code]

    @cached_property
    def known_words(self) -> Mapping[str, str]:
        """Each word that means a code in every agency, in small letters, and that code."""
        return {
            word.casefold(): code.key
            for code in self.codes.values()
            for word in (code.key, code.key.replace("_", " "), code.title.en, *code.words)
        }


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a table: its type, its meaning, and how precisely it may leave the agency."""

    key: str
    type: str
    about: Words
    privacy: str
    codes: CodeList | None = None
    domain: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    default: str | None = None
    publish: str | None = None
    into: str | None = None

    @property
    def stored_as(self) -> str:
        """The type of its values in a table."""
        return STORED_AS[self.type]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold between the fields of a row: if the one, then the other."""

    key: str
    about: Words
    given: Condition
    then: Condition


@dataclass(frozen=True, kw_only=True)
class SensitiveCase:
    """Rows whose people need more protection: what is removed from them, and what is made coarser."""

    key: str
    about: Words
    when: Condition
    remove: tuple[str, ...]
    coarsen: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a dataset: its grain, key and fields."""

    key: str
    title: Words
    grain: Words
    primary: tuple[str, ...]
    fields: Mapping[str, Field]
    event: str | None = None
    place: tuple[str, ...] = ()
    refers: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    sensitive: tuple[SensitiveCase, ...] = ()
    opd: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share that is computed inside the agency: how many of how many, and for which groups."""

    key: str
    table: str
    title: Words
    count: Condition
    among: Condition
    by: tuple[str, ...]
    caution: Words


@dataclass(frozen=True, kw_only=True)
class Standard:
    """One type of dataset."""

    key: str
    title: Words
    about: Words
    caution: Words
    terms: tuple[str, ...]
    keywords: tuple[str, ...]
    tables: Mapping[str, Table]
    rates: tuple[Rate, ...] = ()
    denominators: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    opd: str | None = None
