"""Shapes of exports as data: which column, however it is spelled, is which column of IAPro's tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from openbeat.errors import UnknownColumns, UnreadableSource
from openbeat.sources.iapro.exports.keys import KEYS
from openbeat.standards.words import Words, words_of


class Place(NamedTuple):
    """A column of one of IAPro's tables."""

    table: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of file that a shape has.

    places     spelling in small letters -> where the column belongs, in the order of the file
    must       places without which a file is not of this kind -> their spellings
    ignored    column in small letters -> why it is not taken over
    constants  table -> column -> what every row of the table says, because the kind of file says it
    packed     the table whose cells hold several values, aligned with each other; "" where none does
    own        places that hold IAPro's own numbers; from the numbers in others a key is made
    numbers    place -> what a number looks like; whatever else stands there is none
    alike      "OFFICERS" or "CITIZENS" -> places that tell people without a number apart in one incident
    only       place -> what its words look like; another one shows that cells have slid into wrong columns
    """

    key: str
    places: Mapping[str, Place]
    must: Mapping[Place, tuple[str, ...]]
    ignored: Mapping[str, str]
    constants: Mapping[str, Mapping[str, str]]
    packed: str
    pack_by: str
    row_is_incident: bool
    own: frozenset[Place]
    numbers: Mapping[Place, re.Pattern[str]]
    alike: Mapping[str, tuple[Place, ...]]
    only: Mapping[Place, re.Pattern[str]]

    def has(self, table: str) -> bool:
        """Whether a column of the table is in such files."""
        return any(place.table == table for place in self.places.values())

    def all_places(self) -> Iterable[Place]:
        """Every place that such a file fills."""
        yield from self.places.values()
        yield from (Place(table, column) for table, said in self.constants.items() for column in said)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a way out of IAPro writes its files. `time_zone`: where moments written in UTC belong."""

    key: str
    title: Words
    kinds: tuple[Kind, ...]
    missing: frozenset[str]
    moments: tuple[str, ...]
    time_zone: str


def shape_of(path: Path) -> Shape:
    """The shape that a TOML file describes; what stands outside its kinds is true of each of them."""
    said = tomllib.loads(path.read_text("utf-8"))
    return Shape(
        key=path.stem,
        title=words_of(said["title"]),
        kinds=tuple(_kind(key, one, said) for key, one in said["kinds"].items()),
        missing=frozenset(said.get("missing", ())),
        moments=tuple(said.get("moments", ())),
        time_zone=said.get("time_zone", "UTC"),
    )


def kind_of(columns: Iterable[str], shape: Shape, where: str) -> Kind:
    """The first kind that knows every column of the file and lacks none that it must have.

    Raises UnknownColumns, naming the columns that the nearest kind does not know; UnreadableSource where a
    column that tells what the rows are is not there.
    """
    names = {name.casefold(): name for name in columns}
    complete = [kind for kind in shape.kinds if not _lacking(kind, names)]
    unknown = {kind.key: _unknown(kind, names) for kind in complete or shape.kinds}
    fit = next((kind for kind in complete if not unknown[kind.key]), None)
    if fit is not None:
        return fit
    nearest = min(complete or shape.kinds, key=lambda kind: len(unknown[kind.key]))
    if unknown[nearest.key]:
        raise UnknownColumns(
            f"nobody has said what these columns are in {shape.title.en} ({nearest.key}): "
            f"{', '.join(map(repr, unknown[nearest.key]))}",
            where=where,
            remedies=[
                f"in exports/{shape.key}.toml, add each as a spelling under [columns], or under [ignored] "
                "with the reason",
                "export or copy the file without them",
                "name another way, if the file came another way",
            ],
        )
    raise UnreadableSource(
        f"it has no column {', and no column '.join(_lacking(nearest, names))}, "
        "so that nobody can tell what its rows are",
        where=where,
        remedies=["export it with that column", "name another way, if the file came another way"],
    )


def _lacking(kind: Kind, names: Mapping[str, str]) -> list[str]:
    there = {kind.places[name] for name in names if name in kind.places}
    return [" or ".join(map(repr, said)) for place, said in kind.must.items() if place not in there]


def _unknown(kind: Kind, names: Mapping[str, str]) -> list[str]:
    return [name for short, name in names.items() if short not in kind.places and short not in kind.ignored]


def _kind(key: str, said: Mapping[str, Any], of_all: Mapping[str, Any]) -> Kind:
    def both(name: str) -> dict[str, Any]:
        return {**of_all.get(name, {}), **said.get(name, {})}

    constants: dict[str, dict[str, str]] = {}
    for target, text in both("constants").items():
        constants.setdefault(_place(target).table, {})[_place(target).column] = text
    columns = {_place(target): tuple(names) for target, names in both("columns").items()}
    return Kind(
        key=key,
        places={name.casefold(): place for place, names in columns.items() for name in names},
        must={place: columns[place] for place in map(_place, said["must"])},
        ignored={name.casefold(): reason for name, reason in both("ignored").items()},
        constants=constants,
        packed=said.get("packed", ""),
        pack_by=said.get("pack_by", ","),
        row_is_incident=said.get("row_is_incident", False),
        own=frozenset(map(_place, (*of_all.get("own", ()), *said.get("own", ())))),
        numbers={_place(target): re.compile(pattern) for target, pattern in both("numbers").items()},
        alike={table: tuple(map(_place, targets)) for table, targets in both("alike").items()},
        only={_place(target): re.compile(pattern) for target, pattern in both("only").items()},
    )


def _place(target: str) -> Place:
    table, _, column = target.partition(".")
    if table not in KEYS or not column:
        raise RuntimeError(f"{target!r} is not TABLE.COLUMN of a table that IAPro has")
    return Place(table, column)
