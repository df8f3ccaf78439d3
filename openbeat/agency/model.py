"""The frozen values that an agency.toml becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from openbeat.standards.words import Words

EPOCH = "epoch milliseconds"  # a format: since 1970, as ArcGIS writes moments


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom the public asks about the data."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A written policy of the agency, and from when to when it held."""

    topic: str
    title: str
    url: str
    effective: date
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class SeriesBreak:
    """A day from which the numbers mean something else, and why."""

    on: date
    says: Words


@dataclass(frozen=True, kw_only=True)
class Precision:
    """How precisely a field leaves this agency, where that differs from the standard."""

    publish: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FieldMapping:
    """Where a field's value comes from and how it is written there.

    columns   alternative names of one column, drifting over the years: the first that holds something
    together  columns that only together make the value (a date and a time, the parts of a number); "_part"
              counts the values that one cell was unpacked into
    flags     yes-or-no columns, and the code that each stands for
    value     the same for every row
    row       made from the whole row, where the agency has no number of its own
    formats   as strptime reads them, or "epoch milliseconds" since 1970
    """

    columns: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    value: str | None = None
    row: bool = False
    formats: tuple[str, ...] = ()
    zone: str | None = None
    split: str | None = None
    written: str | None = None  # "dms", "wkt", "epsg:2263" … for coordinates; "zeros lost" for 122 = 01:22;
    # "whole number" for numbers and text that systems also wrote as 0211 or 211.0;
    # "birth year" for an age: `together` names the day and the year of birth, `formats` how the day is;
    # "years since" for an age or years of service: `together` names the day, the day of birth or hiring, and
    # perhaps a column that says the years where one of the two is missing

    @property
    def looks_at(self) -> tuple[str, ...]:
        """Every column of the agency's that it may use."""
        return (*self.columns, *self.together, *self.flags)


@dataclass(frozen=True, kw_only=True)
class IgnoredRows:
    """Rows that are no records of this table, and why; the word "" stands for an empty cell."""

    column: str
    words: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TableMapping:
    """How an agency's files or query fill one table of a standard."""

    files: tuple[str, ...] = ()
    database: str | None = None  # the environment variable that holds the database's address
    vault: str | None = None  # what the vault holds: "iapro", "comport.UOF"
    shape: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    least_rows: int = 0
    most_rows: int | None = None
    fields: Mapping[str, FieldMapping] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)
    ignored_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored_columns: Mapping[str, str] = field(default_factory=dict)
    ignored_rows: tuple[IgnoredRows, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset that the agency publishes."""

    key: str
    frequency: str  # ISO 8601 duration, P1M, P1Y …
    tables: Mapping[str, TableMapping]
    title: Words | None = None
    notes: Words | None = None
    next_release: date | None = None
    breaks: tuple[SeriesBreak, ...] = ()
    gaps: tuple[str, ...] = ()  # months that are known to be missing
    pending: Mapping[str, int] = field(default_factory=dict)  # status -> incidents not yet releasable
    accept: Mapping[str, str] = field(default_factory=dict)  # check -> why it may be published all the same


@dataclass(frozen=True, kw_only=True)
class Iapro:
    """Where an agency's IAPro is, which of its cases fill which dataset, and when they may be released.

    incident_types  the agency's word for a type of case -> the dataset that such cases belong to
    ignored_types   such a word -> why no dataset has these cases
    releasable      states of a case (STATUS) that may be released; every other one waits, "in the pipe"
    placeholders    OFFNUM of entries that are no person: "unknown", "not one of ours"
    """

    database: str | None = None  # the environment variable that holds the database's address
    schema: str | None = "IA_ADM"
    incident_types: Mapping[str, str] = field(default_factory=dict)
    ignored_types: Mapping[str, str] = field(default_factory=dict)
    releasable: tuple[str, ...] = ("Completed",)
    placeholders: tuple[str, ...] = ()
    full_read_days: int = 30  # after so many days every case is read again, not only what changed


@dataclass(frozen=True, kw_only=True)
class Agency:
    """A police agency, its policies, and the datasets it publishes."""

    slug: str
    home: Path
    name: str
    place: str
    time_zone: str
    licence: str
    contact: Contact
    datasets: Mapping[str, Dataset]
    language: str = "en"
    ori: str | None = None
    homepage: str | None = None
    synthetic: bool = False
    introduction: Words | None = None
    introduced_by: str | None = None
    complaint_process: str | None = None
    policies: tuple[Policy, ...] = ()
    officer_names: str = "never"
    linked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # group -> datasets
    small_cells: int = 5
    precision: Mapping[str, Precision] = field(default_factory=dict)  # dataset.field -> precision
    reviewed_by: str | None = None
    reviewed_on: date | None = None
    iapro: Iapro | None = None

    def linkage_group(self, dataset: str) -> str:
        """Within which group of datasets pseudonyms are the same."""
        return next((group for group, members in self.linked.items() if dataset in members), dataset)
