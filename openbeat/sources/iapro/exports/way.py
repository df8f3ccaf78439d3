"""What a way out of IAPro is, what reading one gives, and which ways there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from openbeat.errors import WrongSettings
from openbeat.registry import collect
from openbeat.stages import Problem
from openbeat.standards.words import Words


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Files that left IAPro, as its own tables again, and the account of every row in them.

    tables       IAPro table -> text columns, under the live catalogue's names and keys, with INCNUM on every
                 child of an incident, ordered by key. Moments are "YYYY-MM-DD HH:MM:SS" in local time (times
                 of day on 1900-01-01, as IAPro has them); blanks around a word are gone, blanks within it are
                 not. A key that the files do not have is made of what tells the rows apart, begins with
                 "made-", and is the same whenever the same files are read.
    read         data rows in the files = rows taken + the quarantined ones + those of files given twice
    quarantined  reason -> row numbers from 1 in each file, one file after the other (`problems` has them by
                 file): rows that could not be understood; nothing of them is in `tables`, where an incident
                 of several rows may then lack an officer, a person or a use of force
    problems     what reading the files met, the quarantined rows, and what was odd, by file:
                 differs TABLE.COLUMN     rows that say something else of a thing; the first word stands
                 officer_by_description, citizen_by_description
                                          rows without a number for the person, who is known by incident and
                                          description: two like people of one incident become one
                 no_officer               rows with nothing on who the officer was: one for each incident
                 placeholder_officer      lines where a placeholder stands for an officer
                 no_incident_number       rows that each stand for an incident of their own
                 like_rows                rows like an earlier one of the file, which add nothing: a copy, or
                                          a second like officer, person or use of force; nothing tells which
                 no_moment TABLE.COLUMN   dates and times that were not understood, and are missing
                 same_file                rows of a file that was given before
    ignored      column -> why it is not taken over
    """

    tables: Mapping[str, pa.Table]
    read: int
    quarantined: Mapping[str, tuple[int, ...]]
    problems: tuple[Problem, ...]
    ignored: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way that records leave IAPro.

    read    files -> Exported; raises UnreadableSource, UnknownColumns
    """

    key: str
    title: Words
    read: Callable[[Sequence[Path]], Exported]


def ways() -> dict[str, Way]:
    """Every way out of IAPro that can be read, by key."""
    return collect("openbeat.sources.iapro.exports", Way)


def read_export(files: Sequence[Path], way: str) -> Exported:
    """The tables that the files were made of; `way` is a key of `ways()`.

    Raises WrongSettings for a way that is not known or no files, UnreadableSource for files that are not what
    they claim to be, and UnknownColumns for a column that nobody has placed or ignored with a reason.
    """
    known = ways()
    if way not in known or not files:
        raise WrongSettings(
            "there are no files" if way in known else f"{way!r} is not a way out of IAPro that is known here",
            where="the export of IAPro",
            remedies=["name the files"] if way in known else [f"name one of {', '.join(known)}"],
        )
    return known[way].read(files)
