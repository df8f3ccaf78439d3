"""What stands in a column of an agency's files, looked at without a meaning."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeat.stages import Raw

FEW = 60  # words: more are no list of codes
SAMPLE = 2_000  # distinct values that are looked at one by one
MOST = 0.95  # of the sample must be readable in one way

DATES = [
    *(
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%m-%d-%Y",
        "%d-%m-%Y",
        "%d.%m.%Y",
        "%m/%d/%y",
        "%d/%m/%y",
    ),
    *(
        "%d-%b-%Y",
        "%d-%b-%y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%A, %B %d, %Y",
        "%b %d %Y",
        "%d %B %Y",
        "%Y%m%d",
        "%m%d%Y",
        "%d%m%Y",
    ),
]
TIMES = ["%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H%M"]
ZONES = ["", "%z"]
UNSEPARATED = {
    "%Y%m%d": 8,
    "%m%d%Y": 8,
    "%d%m%Y": 8,
    "%H%M": 4,
}  # a lost zero would be read as another moment
WIDTH = {"date": 8, "time": 4}

PRIVATE = re.compile(
    r"\d{3}-\d{2}-\d{4}|\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}|[^@\s]+@[^@\s]+\.\w+"
    r"|(?=.*[A-Z])(?=.*\d)[A-HJ-NPR-Z0-9]{17}"
)  # social security, telephone, e-mail, vehicle identification
LAST_FIRST = re.compile(r"[A-Za-z'\-]{2,}( (JR|SR|II|III))?, ?[A-Za-z'\-]+\.?( [A-Za-z]\.?)?")


@cache
def column_words() -> Mapping[str, Any]:
    """What names of columns tend to mean, as column_words.toml has it."""
    loaded: Mapping[str, Any] = tomllib.loads(
        files("openbeat.mapping").joinpath("column_words.toml").read_text("utf-8")
    )
    return loaded


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """A column: in which files it is, how many rows it fills, and its distinct values."""

    name: str
    files: frozenset[int]
    counts: Mapping[str, int]  # distinct values without the space around them, and their rows
    missing: Mapping[str, int]  # words for nothing, and their rows

    @cached_property
    def filled(self) -> int:
        """Rows that say something."""
        return sum(self.counts.values())

    @cached_property
    def sample(self) -> list[str]:
        """Distinct values spread evenly over all of them, always the same ones."""
        values = sorted(self.counts)
        return values[:: max(1, -(-len(values) // SAMPLE))]

    def share(self, holds: Callable[[str], object]) -> float:
        """Which share of the distinct values passes."""
        sample = self.sample
        return sum(bool(holds(value)) for value in sample) / len(sample) if sample else 0.0


def columns_of(raw: Raw) -> list[Column]:
    """Every column of the rows as they were written."""
    return [_column(raw, name) for name in raw.columns]


def _column(raw: Raw, name: str) -> Column:
    table = pq.read_table(raw.parquet, columns=[name])
    counts: dict[str, int] = {}
    for chunk in pc.value_counts(table.column(name).cast(pa.string())).to_pylist():
        value = (chunk["values"] or "").strip()
        if value:
            counts[value] = counts.get(value, 0) + chunk["counts"]
    blank = {word: counts.pop(word) for word in column_words()["missing"] if word in counts}
    held = frozenset(
        number
        for number, file in enumerate(raw.files)
        if name.casefold() in {one.casefold() for one in file.columns}
    )
    return Column(name=name, files=held, counts=counts, missing=blank)


@cache
def looks_private(column: Column) -> str | None:
    """Why the values look like something of a person's that must not be shown, or None."""
    if not column.counts:
        return None
    if column.share(PRIVATE.fullmatch) > 0.2:
        return "looks like telephone, identity or vehicle numbers, or e-mail addresses"
    if column.share(LAST_FIRST.fullmatch) > 0.6 and len(column.counts) > 5:
        return "looks like names of people"
    common = set(column_words()["names"]["common"])
    if column.share(lambda value: _is_name(value, common)) > 0.25:
        return "looks like names of people"
    sentences = column.share(lambda value: len(value.split()) >= 8)
    if sentences > 0.3 and len(column.counts) > FEW:
        return "free text, which may name people"
    return None


def _is_name(value: str, common: set[str]) -> bool:
    words = re.findall(r"[a-z]+", value.casefold())
    return not re.search(r"\d", value) and len(words) <= 4 and bool(common.intersection(words))


def may_be_shown(words: Iterable[str]) -> bool:
    """Whether words are so few and so unlike names and numbers that a draft may spell them out."""
    words = list(words)
    common = set(column_words()["names"]["common"])
    return len(words) <= FEW and not any(
        re.search(r"\d{5}", word)
        or PRIVATE.fullmatch(word)
        or LAST_FIRST.fullmatch(word)
        or _is_name(word, common)
        for word in words
    )


@cache
def moment_formats(column: Column, kind: str) -> tuple[tuple[str, ...], str | None] | None:
    """The formats that read at least 95 % of the values, () for ISO 8601; and a doubt. None where none do."""
    sample = column.sample
    if not sample:
        return None
    if zeros_lost(column, kind):
        sample = [value.zfill(WIDTH[kind]) for value in sample]
    least = 16 if kind == "time" else 10
    if kind != "month" and _share(sample, lambda value: len(value) >= least and bool(_iso(value))) >= MOST:
        return (), None
    chosen: list[str] = []
    left, doubt = sample, None
    while left and len(left) > (1 - MOST) * len(sample) and len(chosen) < 4:
        scores = {form: sum(_parses(value, form) for value in left) for form in _formats(kind, left)}
        form = max(scores, key=lambda one: scores[one], default=None)
        if form is None or scores[form] < 0.02 * len(sample):
            return None
        swapped = form.replace("%m", "?").replace("%d", "%m").replace("?", "%d")
        if "%b" not in form and "%B" not in form and scores.get(swapped) == scores[form] and swapped != form:
            doubt = f"no day is after the 12th, so it may as well be {swapped}"
        chosen.append(form)
        left = [value for value in left if not _parses(value, form)]
    return (tuple(chosen), doubt) if len(left) <= (1 - MOST) * len(sample) else None


def _formats(kind: str, values: list[str]) -> list[str]:
    with_time = [
        f"{day}{gap}{at}{zone}" for day in DATES for gap in (" ", "T") for at in TIMES[:-1] for zone in ZONES
    ]
    wanted = {
        "date": [*DATES, *with_time],
        "time": [*TIMES, *with_time],
        "month": ["%Y-%m", "%m/%Y", "%B %Y", "%Y%m"],
    }
    first = values[:: max(1, len(values) // 40)]
    return [form for form in wanted[kind] if any(_parses(value, form) for value in first)]


def _parses(value: str, form: str) -> bool:
    if form in UNSEPARATED and len(value) != UNSEPARATED[form]:
        return False
    try:
        return 1900 <= datetime.strptime(value, form).year <= 2100
    except ValueError:
        return False


def _iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if "-" in value else None
    except ValueError:
        return None


def has_zone(column: Column) -> bool:
    """Whether its moments say that they are in universal time."""
    return column.share(lambda value: value.endswith(("Z", "+00:00", "+00"))) >= MOST


def is_repeated_header(column: Column, value: str) -> bool:
    """Whether a value is the name of its own column: a header that was copied in among the rows."""
    return re.sub(r"\W", "", value).casefold() == re.sub(r"\W", "", column.name).casefold()


def only_midnight(column: Column) -> bool:
    """Whether every moment is at midnight, which means that no time was kept."""
    return (
        column.share(lambda value: re.search(r"\b(12:00(:00)? AM|0?0:00(:00)?)", value, re.IGNORECASE)) > 0.99
    )


def zeros_lost(column: Column, kind: str) -> bool:
    """Whether its moments are digits only, some of them without the zero that they began with."""
    width = WIDTH.get(kind, 0)
    lengths = {len(value) for value in column.sample if value.isdigit()}
    least = 1 if kind == "time" else width - 1
    return column.share(str.isdigit) == 1 and min(lengths) >= least and min(lengths) < max(lengths) == width


@cache
def written_coordinate(column: Column, kind: str) -> tuple[str | None, float] | None:
    """How a position is written and in which share of the distinct values, or None."""
    tests = {
        None: _in_america(kind),
        "wkt": re.compile(r"POINT ?Z? ?\(.+\)", re.IGNORECASE).fullmatch,
        "pair": lambda value: re.search(r"\(?-?\d+\.\d+\s*,\s*-?\d+\.\d+\)?$", value),
        "dms": re.compile(r"-?\d{1,3}[^\d.]+\d{1,2}[^\d.]+\d{1,2}(\.\d+)?\D*").fullmatch,
    }
    shares = {written: column.share(test) for written, test in tests.items()}  # type: ignore[arg-type]
    best = max(shares, key=lambda one: shares[one])
    if shares[best] < 0.05:
        return None
    if best == "dms" and kind == "longitude" and not column.share(lambda value: value.startswith("-")):
        return "dms west", shares[best]
    return best, shares[best]


def _in_america(kind: str) -> Callable[[str], bool]:
    """The fifty states, or 0 where there is no position."""
    low, high = (17.0, 72.0) if kind == "latitude" else (-180.0, -64.0)

    def holds(value: str) -> bool:
        try:
            return "." in value and low <= float(value) <= high
        except ValueError:
            return False

    return holds


def _share(values: list[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, values)) / len(values) if values else 0.0
