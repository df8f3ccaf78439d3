"""Traps that lie in how things are written down: each of these functions sets its trap in the rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import cycle
from typing import TypeAlias

from openbeat.synth.iapro.cases import Row
from openbeat.synth.iapro.rows import WEEKDAYS, Rows
from openbeat.synth.iapro.schema import shapes

# (key of the row, share) -> whether this row is among the share; the same rows are at every moment.
Chance: TypeAlias = Callable[[int, float], bool]

JUNK_DAYS = (datetime(1900, 1, 1), datetime(1900, 1, 1), datetime(2009, 5, 4))
ZERO = datetime(1900, 1, 1)
SEXES = {"Male": ("M", "Male ", "MALE"), "Female": ("F", "femaale", "FEMALE")}
RACES = {
    "Black": ("BLACE", "B", "BLACK"),
    "White": ("White ", "W", "WHITE"),
    "Unknown": ("Unnown", "Race-Unknown"),
}
CUT = {
    "Asian": "Asian/Pacifi",
    "Amer Indian": "American Ind",
    "Unknown": "Not Specifie",
    "RUI": "RUI-Resigned Under Inves",
    "Cancelled": "Cancelled - Investigatio",
}


def chance_of(seed: int, trap: str) -> Chance:
    """Chances of one trap, from the seed, so that no trap moves another and no moment moves any."""
    salt = zlib.crc32(f"{seed} {trap}".encode())

    def chance(key: int, share: float) -> bool:
        mixed = (key + salt) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        return (mixed ^ (mixed >> 31)) >> 11 < share * (1 << 53)

    return chance


def null_text(rows: Rows, chance: Chance) -> None:
    """Some missing text is the word NULL, some is empty, some is null."""
    for table in ("INCIDENTS", "OFFICERS", "CITIZENS", "ALLEGATIONS", "ASSOC_INC_CIT", "USES_OF_FORCE"):
        text = [name for name, kind in shapes()[table].columns.items() if kind.startswith("VARCHAR")]
        for row in rows.get(table, ()):
            key = _key(table, row)
            for place, name in enumerate(text):
                if row.get(name) is None:
                    if chance(key * 97 + place, 0.15):
                        row[name] = "NULL"
                    elif chance(key * 89 + place, 0.3):
                        row[name] = ""


def junk_time_date(rows: Rows, chance: Chance) -> None:
    """Times of day carry a date that means nothing; a time that nobody knows is midnight of 1900-01-01."""
    for row in rows["INCIDENTS"]:
        for name in ("OCCURRED_TM", "RECEIVED_TM"):
            said, key = row.get(name), _key("INCIDENTS", row)
            if isinstance(said, datetime):
                row[name] = datetime.combine(JUNK_DAYS[key % 3].date(), said.time())
            elif chance(key, 0.5):
                row[name] = ZERO


def zero_like_blanks(rows: Rows, chance: Chance) -> None:
    """A missing age or weekday is 0, a missing date is 1900-01-01."""
    for row in rows["INCIDENTS"]:
        key = _key("INCIDENTS", row)
        _blank(row, "OCCURRED_DAY_I", 0, chance(key, 0.7))
        _blank(row, "OCCURRED_DT", ZERO, chance(key + 1, 0.4))
    for row in rows.get("ASSOC_INC_CIT", ()):
        _blank(row, "CIT_AGE", 0, chance(_key("ASSOC_INC_CIT", row), 0.4))
    for row in rows.get("CITIZENS", ()):
        _blank(row, "DOB", ZERO, chance(_key("CITIZENS", row), 0.3))


def day_disagrees(rows: Rows, chance: Chance) -> None:
    """The weekday is not that of the date."""
    for row in rows["INCIDENTS"]:
        day = row.get("OCCURRED_DAY_I")
        if isinstance(day, int) and day and chance(_key("INCIDENTS", row), 0.02):
            row["OCCURRED_DAY_I"] = day % 7 + 1
            row["OCCURRED_DAY"] = WEEKDAYS[day % 7]


def occurred_after_received(rows: Rows, chance: Chance) -> None:
    """It happened after it was received."""
    for row in rows["INCIDENTS"]:
        said, received, key = row.get("OCCURRED_DT"), row.get("RECEIVED_DT"), _key("INCIDENTS", row)
        if (
            isinstance(said, datetime)
            and isinstance(received, datetime)
            and said != ZERO
            and chance(key, 0.01)
        ):
            late = received + timedelta(days=1 + key % 40)
            row["OCCURRED_DT"] = late
            row["OCCURRED_DAY"], row["OCCURRED_DAY_I"] = WEEKDAYS[late.weekday()], late.isoweekday()
            if isinstance(clock := row.get("OCCURRED_TM"), datetime) and clock.date() == said.date():
                row["OCCURRED_TM"] = datetime.combine(late, clock.time())


def padded_filenum(rows: Rows, chance: Chance) -> None:
    """File numbers are filled up with blanks."""
    for row in rows["INCIDENTS"]:
        if isinstance(said := row.get("FILENUM"), str) and chance(_key("INCIDENTS", row), 0.5):
            row["FILENUM"] = f"{said:<20}"


def trailing_space_types(rows: Rows, chance: Chance) -> None:
    """Some types of incidents end with a blank."""
    for row in rows["INCIDENTS"]:
        if (
            isinstance(said := row.get("INCIDENT_TYPE"), str)
            and said
            and chance(_key("INCIDENTS", row), 0.04)
        ):
            row["INCIDENT_TYPE"] = f"{said} "


def impossible_people(rows: Rows, chance: Chance) -> None:
    """Officers are 106 or 116 years old, hired as children, gone before they came, or active with an end."""
    kinds = cycle(("old", "older", "child", "before"))
    for row in rows["OFFICERS"]:
        born, hired, left = row.get("DOB"), row.get("HIRE_DT"), row.get("END_EMPLOY_DT")
        key = _key("OFFICERS", row)
        if not isinstance(born, datetime) or not isinstance(hired, datetime):
            continue
        if isinstance(left, datetime) and chance(key + 1, 0.08):
            row["STATUS"] = "Active"
        if not chance(key, 0.012):
            continue
        match next(kinds):
            case "old":
                row["DOB"] = datetime(1920, 1, 1)
            case "older":
                row["DOB"] = datetime(1910, 1, 1)
            case "child":
                row["HIRE_DT"] = born + timedelta(days=11 * 365)
            case _:
                row["HIRE_DT"] = hired + timedelta(days=40 * 365)


def spellings(rows: Rows, chance: Chance) -> None:
    """Sex, race and type of employment are spelt in several ways."""
    for table in ("OFFICERS", "CITIZENS"):
        for row in rows.get(table, ()):
            key = _key(table, row)
            for name, ways in (("SEX", SEXES), ("RACE", RACES)):
                if (said := str(row.get(name))) in ways and chance(key + len(name), 0.12):
                    row[name] = ways[said][key % len(ways[said])]
            if table == "CITIZENS" and row.get("SEX") is None and chance(key, 0.5):
                row["SEX"] = "Sex-Unk"
            if row.get("EMP_TYPE") == "Commissioned" and chance(key, 0.05):
                row["EMP_TYPE"] = "Commisioned"


def cut_words(rows: Rows, chance: Chance) -> None:
    """Words are cut off at 12 or 24 characters."""
    for table, name in (("OFFICERS", "RACE"), ("CITIZENS", "RACE"), ("INCIDENTS", "DISPOSITION")):
        for row in rows.get(table, ()):
            if (said := str(row.get(name))) in CUT and chance(_key(table, row), 0.8):
                row[name] = CUT[said]


def duplicate_spaces(rows: Rows, chance: Chance) -> None:
    """Some words have two blanks between them."""
    for row in rows.get("ACTIONS_TAKEN", ()):
        said = row.get("ACTIONTAKEN")
        if isinstance(said, str) and said.startswith("NSA - ") and chance(_key("ACTIONS_TAKEN", row), 0.7):
            row["ACTIONTAKEN"] = said.replace("NSA - ", "NSA  - ")


def stray_values(rows: Rows, chance: Chance) -> None:
    """Words stand in coded columns that belong to no list: typing errors, a date, a single letter."""
    for row in rows.get("ALLEGATIONS", ()):
        if row.get("FINDING") == "Awaiting Hearing" and chance(_key("ALLEGATIONS", row), 0.4):
            row["FINDING"] = "AWAITING HEARINGT"
    for row in rows.get("ACTIONS_TAKEN", ()):
        key = _key("ACTIONS_TAKEN", row)
        if str(row.get("ACTIONTAKEN")).startswith("None") and chance(key, 0.01):
            row["ACTIONTAKEN"] = ("011618", "s", "Awaiting Hearing", "Sustained")[key % 4]


def _blank(row: Row, name: str, blank: int | datetime, chosen: bool) -> None:
    if row.get(name) is None and chosen:
        row[name] = blank


def _key(table: str, row: Row) -> int:
    """A number for the row that is the same at every moment."""
    if key := shapes()[table].key:
        return int(str(row[key]))
    return sum(int(str(row[name])) * 31**place for place, name in enumerate(shapes()[table].points_to))


WRITTEN: Mapping[str, Callable[[Rows, Chance], None]] = {
    function.__name__: function
    for function in (
        occurred_after_received, day_disagrees, junk_time_date, impossible_people, spellings, cut_words,
        duplicate_spaces, stray_values, padded_filenum, trailing_space_types, zero_like_blanks, null_text,
    )
}  # fmt: skip
