"""Reads agency.toml: every key is known, every field and code exists, or the reader is told which does not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openbeat.agency.model import (
    Agency,
    Contact,
    Dataset,
    FieldMapping,
    IgnoredRows,
    Policy,
    Precision,
    SeriesBreak,
    TableMapping,
)
from openbeat.errors import WrongSettings
from openbeat.standards import Standard, Table, standards, words_of

SLUG = re.compile(r"[a-z0-9_]{1,64}")
DURATION = re.compile(r"P(\d+[YMWD])+")

AGENCY = "name place time_zone licence contact datasets language ori homepage synthetic introduction complaint_process policies officers protection review".split()  # noqa: E501
DATASET = "title notes frequency next_release breaks gaps pending accept tables".split()
TABLE = (
    "files database shape missing rows fields codes ignored_words ignored_columns ignored_rows".split()
)
FIELD = "from together flags value row format zone split written".split()
SHAPE = "encoding delimiter quote header columns sheet records member query table unpack unpack_by".split()


def load_agency(path: Path) -> Agency:
    """The agency whose agency.toml lies at `path`; its folder's name is its slug.

    Raises WrongSettings, naming every fault at once.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WrongSettings("is not there", where=where, remedies=["write one: openbeat agency draft"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(f"is not TOML: {error}", where=where, remedies=["mend the line it names"]) from error
    faults: list[str] = []
    agency = _agency(path, data, faults)
    if faults or agency is None:
        raise WrongSettings(
            "cannot be used:" + "".join(f"\n    {fault}" for fault in faults),
            where=where,
            remedies=["mend these places in agency.toml", "look at another agency's file for an example"],
        )
    return agency


def _agency(path: Path, data: Mapping[str, Any], faults: list[str]) -> Agency | None:
    slug = path.parent.name
    if not SLUG.fullmatch(slug):
        faults.append(f"its folder is called {slug!r}: use small letters, digits and _ (a name such as dallas_tx)")
    _known(data, AGENCY, "", faults)
    _needed(data, ["name", "place", "time_zone", "licence", "contact", "datasets"], "", faults)
    try:
        ZoneInfo(data.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(f"time_zone {data['time_zone']!r} is not known: write one such as America/Chicago")
    officers, protection = data.get("officers", {}), data.get("protection", {})
    _known(officers, ["names", "linked"], "officers", faults)
    _known(protection, ["small_cells", "precision"], "protection", faults)
    if officers.get("names", "never") != "never":
        faults.append("officers.names can only be \"never\": openbeat publishes no officer's name")
    datasets = {key: _dataset(key, one, faults) for key, one in data.get("datasets", {}).items()}
    if faults:
        return None
    try:
        introduction, review = data.get("introduction"), data.get("review", {})
        return Agency(
            slug=slug,
            home=path.parent,
            name=data["name"],
            place=data["place"],
            time_zone=data["time_zone"],
            licence=data["licence"],
            contact=Contact(**data["contact"]),
            datasets={key: one for key, one in datasets.items() if one},
            language=data.get("language", "en"),
            ori=data.get("ori"),
            homepage=data.get("homepage"),
            synthetic=data.get("synthetic", False),
            introduction=words_of(introduction) if introduction else None,
            introduced_by=introduction.get("by") if introduction else None,
            complaint_process=data.get("complaint_process"),
            policies=tuple(Policy(**one) for one in data.get("policies", ())),
            officer_names=officers.get("names", "never"),
            linked={group: tuple(members) for group, members in officers.get("linked", {}).items()},
            small_cells=protection.get("small_cells", 5),
            precision={k: Precision(**one) for k, one in protection.get("precision", {}).items()},
            reviewed_by=review.get("by"),
            reviewed_on=review.get("on"),
        )
    except (TypeError, KeyError) as error:
        faults.append(f"a setting is missing or misspelt: {error}")
        return None


def _dataset(key: str, data: Mapping[str, Any], faults: list[str]) -> Dataset | None:
    where = f"datasets.{key}"
    if key not in standards():
        faults.append(f"{where}: no dataset type is called so{_perhaps(key, standards())}")
        return None
    _known(data, DATASET, where, faults)
    _needed(data, ["frequency", "tables"], where, faults)
    frequency = data.get("frequency", "")
    if frequency and not DURATION.fullmatch(frequency):
        faults.append(f"{where}.frequency {frequency!r} is no ISO 8601 duration: write P1M, P3M, P1Y …")
    standard = standards()[key]
    tables = {name: _table(standard, name, one, where, faults) for name, one in data.get("tables", {}).items()}
    return Dataset(
        key=key,
        frequency=frequency,
        tables={name: one for name, one in tables.items() if one},
        title=words_of(data["title"]) if "title" in data else None,
        notes=words_of(data["notes"]) if "notes" in data else None,
        next_release=_day(data.get("next_release"), f"{where}.next_release", faults),
        breaks=tuple(SeriesBreak(on=one["on"], says=words_of(one)) for one in data.get("breaks", ())),
        gaps=tuple(data.get("gaps", ())),
        pending=dict(data.get("pending", {})),
        accept=dict(data.get("accept", {})),
    )


def _table(
    standard: Standard, name: str, data: Mapping[str, Any], above: str, faults: list[str]
) -> TableMapping | None:
    where = f"{above}.tables.{name}"
    if name not in standard.tables:
        faults.append(f"{where}: {standard.key} has no table called so{_perhaps(name, standard.tables)}")
        return None
    table = standard.tables[name]
    _known(data, TABLE, where, faults)
    _known(data.get("shape", {}), SHAPE, f"{where}.shape", faults)
    if bool(data.get("files")) == bool(data.get("database")):
        faults.append(f"{where}: name either files or a database")
    for part in ("fields", "codes", "ignored_words"):
        for key in data.get(part, {}):
            if key not in table.fields:
                faults.append(f"{where}.{part}: there is no field {key!r}{_perhaps(key, table.fields)}")
    _codes_exist(table, data, where, faults)
    fields = {key: _field(one, f"{where}.fields.{key}", faults) for key, one in data.get("fields", {}).items()}
    rows = data.get("rows", {})
    return TableMapping(
        files=tuple(data.get("files", ())),
        database=data.get("database"),
        shape=dict(data.get("shape", {})),
        missing=tuple(data.get("missing", ())),
        least_rows=rows.get("least", 0),
        most_rows=rows.get("most"),
        fields=fields,
        codes={key: dict(one) for key, one in data.get("codes", {}).items()},
        ignored_words={key: dict(one) for key, one in data.get("ignored_words", {}).items()},
        ignored_columns=dict(data.get("ignored_columns", {})),
        ignored_rows=tuple(
            IgnoredRows(column=one["column"], words=tuple(one["words"]), reason=one["reason"])
            for one in data.get("ignored_rows", ())
        ),
    )


def _codes_exist(table: Table, data: Mapping[str, Any], where: str, faults: list[str]) -> None:
    for key, words in data.get("codes", {}).items():
        field = table.fields.get(key)
        allowed = {"yes", "no"} if field and field.type == "boolean" else set()
        if field and field.codes:
            allowed = set(field.codes.codes)
        for word, code in words.items():
            for one in code if isinstance(code, list) else [code]:
                if field and one not in allowed:
                    faults.append(f"{where}.codes.{key}.{word!r}: there is no code {one!r}{_perhaps(one, allowed)}")


def _field(data: str | Mapping[str, Any], where: str, faults: list[str]) -> FieldMapping:
    if isinstance(data, str):
        data = {"from": data}
    _known(data, FIELD, where, faults)
    ways = [way for way in ("from", "together", "flags", "value", "row") if way in data]
    if len(ways) != 1:
        faults.append(f"{where}: say exactly one of from, together, flags, value, row")
    return FieldMapping(
        columns=_several(data.get("from", ())),
        together=_several(data.get("together", ())),
        flags=dict(data.get("flags", {})),
        value=data.get("value"),
        row=data.get("row", False),
        formats=_several(data.get("format", ())),
        zone=data.get("zone"),
        split=data.get("split"),
        written=data.get("written"),
    )


def _several(one_or_more: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (one_or_more,) if isinstance(one_or_more, str) else tuple(one_or_more)


def _day(value: object, where: str, faults: list[str]) -> date | None:
    if value is None or isinstance(value, date):
        return value
    faults.append(f"{where} is no date: write 2027-01-31, without quotes")
    return None


def _known(data: Mapping[str, Any], allowed: list[str], where: str, faults: list[str]) -> None:
    for key in data:
        if key not in allowed:
            faults.append(f"{where or 'at the top'}: there is no setting {key!r}{_perhaps(key, allowed)}")


def _needed(data: Mapping[str, Any], keys: list[str], where: str, faults: list[str]) -> None:
    faults.extend(f"{where or 'at the top'}: {key} is missing" for key in keys if key not in data)


def _perhaps(word: str, known: object) -> str:
    close = get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f": did you mean {close[0]!r}?" if close else ""
