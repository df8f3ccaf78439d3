"""Reads agency.toml: every key is known, every field and code exists, or the reader is told which is not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openbeat.agency.iapro import iapro_in
from openbeat.agency.kinds import (
    DURATION,
    Kind,
    check_needed,
    check_zone,
    day_in,
    each_of,
    known_in,
    perhaps,
    several,
    tables_in,
    texts_in,
    words_in,
)
from openbeat.agency.lists import Lists, codes_are_known, lists_in, with_lists
from openbeat.agency.model import (
    EPOCH,
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
from openbeat.standards import Field, Standard, Table, standards

SLUG = re.compile(r"[a-z0-9_]{1,64}")

AGENCY: dict[str, Kind] = {
    **dict.fromkeys(
        ["name", "place", "time_zone", "licence", "language", "ori", "homepage", "complaint_process"], str
    ),
    **dict.fromkeys(
        ["codes", "contact", "datasets", "iapro", "ignored_words", "introduction", "officers"], dict
    ),
    **dict.fromkeys(["protection", "review"], dict),
    "synthetic": bool,
    "policies": list,
}
DATASET: dict[str, Kind] = {
    **dict.fromkeys(["title", "notes", "pending", "accept", "tables"], dict),
    "frequency": str,
    "next_release": object,
    "breaks": list,
    "gaps": list,
}
TABLE: dict[str, Kind] = {
    **dict.fromkeys(["shape", "rows", "fields", "codes", "ignored_words", "ignored_columns"], dict),
    "files": list,
    "missing": list,
    "ignored_rows": list,
    **dict.fromkeys(["database", "vault"], str),
}
FIELD: dict[str, Kind] = {
    **dict.fromkeys(["from", "together", "format"], (str, list)),
    **dict.fromkeys(["zone", "split", "written"], str),
    "flags": dict,
    "value": (str, int, float, bool),
    "row": bool,
}
SHAPE: dict[str, Kind] = {
    **dict.fromkeys(
        ["encoding", "delimiter", "quote", "sheet", "records", "member", "query", "table", "unpack_by"], str
    ),
    "header": int,
    "columns": list,
    "unpack": list,
}
WRITTEN = re.compile(r"dms|dms west|wkt|pair|zeros lost|whole number|birth year|years since|epsg:\d{4,6}")


def load_agency(path: Path) -> Agency:
    """The agency whose agency.toml lies at `path`; its folder's name is its slug.

    Raises WrongSettings, naming every fault at once.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WrongSettings(
            "is not there", where=where, remedies=["write one: openbeat agency draft"]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(
            f"is not TOML: {error}", where=where, remedies=["mend the line it names"]
        ) from error
    faults: list[str] = []
    agency = _agency(path, data, faults)
    if faults or agency is None:
        raise WrongSettings(
            "cannot be used:" + "".join(f"\n    {fault}" for fault in faults),
            where=where,
            remedies=["mend these places in agency.toml", "look at another agency's file for an example"],
        )
    return agency


def _agency(path: Path, written: Mapping[str, Any], faults: list[str]) -> Agency | None:
    slug = path.parent.name
    if not SLUG.fullmatch(slug):
        faults.append(
            f"its folder is called {slug!r}: use small letters, digits and _ (a name such as dallas_tx)"
        )
    data = known_in(written, AGENCY, "", faults)
    check_needed(written, ["name", "place", "time_zone", "licence", "contact", "datasets"], "", faults)
    check_zone(data.get("time_zone", "UTC"), "time_zone", faults)
    contact = known_in(data.get("contact", {}), {"name": str, "email": str}, "contact", faults)
    if "contact" in data:
        check_needed(contact, ["name", "email"], "contact", faults)
    officers = known_in(data.get("officers", {}), {"names": str, "linked": dict}, "officers", faults)
    protection = known_in(
        data.get("protection", {}), {"small_cells": int, "precision": dict}, "protection", faults
    )
    precision = each_of(protection.get("precision", {}), dict, "protection.precision", faults)
    linked = each_of(officers.get("linked", {}), list, "officers.linked", faults)
    review = known_in(data.get("review", {}), {"by": str, "on": object}, "review", faults)
    if officers.get("names", "never") != "never":
        faults.append('officers.names can only be "never": openbeat publishes no officer\'s name')
    written_datasets = each_of(data.get("datasets", {}), dict, "datasets", faults)
    lists = lists_in(data, faults)
    datasets = {key: _dataset(key, one, lists, faults) for key, one in written_datasets.items()}
    introduction = words_in(data.get("introduction"), "introduction", faults)
    reviewed_on = day_in(review.get("on"), "review.on", faults)
    iapro = iapro_in(data["iapro"], faults) if "iapro" in data else None
    if faults:
        return None
    try:
        return Agency(
            slug=slug,
            home=path.parent,
            name=data["name"],
            place=data["place"],
            time_zone=data["time_zone"],
            licence=data["licence"],
            contact=Contact(**contact),
            datasets={key: one for key, one in datasets.items() if one},
            language=data.get("language", "en"),
            ori=data.get("ori"),
            homepage=data.get("homepage"),
            synthetic=data.get("synthetic", False),
            introduction=introduction,
            introduced_by=data.get("introduction", {}).get("by"),
            complaint_process=data.get("complaint_process"),
            policies=tuple(Policy(**one) for one in data.get("policies", ())),
            officer_names=officers.get("names", "never"),
            linked={group: tuple(members) for group, members in linked.items()},
            small_cells=protection.get("small_cells", 5),
            precision={key: Precision(**one) for key, one in precision.items()},
            reviewed_by=review.get("by"),
            reviewed_on=reviewed_on,
            iapro=iapro,
        )
    except (TypeError, KeyError) as error:
        faults.append(f"a setting is missing or misspelt: {error}")
        return None


def _dataset(key: str, written: Mapping[str, Any], lists: Lists, faults: list[str]) -> Dataset | None:
    where = f"datasets.{key}"
    if key not in standards():
        faults.append(f"{where}: no dataset type is called so{perhaps(key, standards())}")
        return None
    data = known_in(written, DATASET, where, faults)
    check_needed(written, ["frequency", "tables"], where, faults)
    frequency = data.get("frequency", "")
    if "frequency" in data and not DURATION.fullmatch(frequency):
        faults.append(f"{where}.frequency {frequency!r} is no ISO 8601 duration: write P1M, P3M, P1Y …")
    standard = standards()[key]
    written_tables = each_of(data.get("tables", {}), dict, f"{where}.tables", faults)
    tables = {name: _table(standard, name, one, where, lists, faults) for name, one in written_tables.items()}
    return Dataset(
        key=key,
        frequency=frequency,
        tables={name: one for name, one in tables.items() if one},
        title=words_in(data.get("title"), f"{where}.title", faults),
        notes=words_in(data.get("notes"), f"{where}.notes", faults),
        next_release=day_in(data.get("next_release"), f"{where}.next_release", faults),
        breaks=_breaks(data.get("breaks", []), f"{where}.breaks", faults),
        gaps=texts_in(data.get("gaps", []), f"{where}.gaps", faults),
        pending=each_of(data.get("pending", {}), int, f"{where}.pending", faults),
        accept=each_of(data.get("accept", {}), str, f"{where}.accept", faults),
    )


def _breaks(written: list[Any], where: str, faults: list[str]) -> tuple[SeriesBreak, ...]:
    breaks = []
    for one in tables_in(written, {"on": object, "en": str, "es": str}, where, faults):
        day, says = day_in(one.get("on"), f"{where}.on", faults), words_in(one, where, faults)
        if day and says:
            breaks.append(SeriesBreak(on=day, says=says))
        elif not day:
            faults.append(f"{where}: on is missing")
    return tuple(breaks)


def _table(
    standard: Standard, name: str, written: Mapping[str, Any], above: str, lists: Lists, faults: list[str]
) -> TableMapping | None:
    where = f"{above}.tables.{name}"
    if name not in standard.tables:
        faults.append(f"{where}: {standard.key} has no table called so{perhaps(name, standard.tables)}")
        return None
    table = standard.tables[name]
    data = known_in(written, TABLE, where, faults)
    shape = known_in(data.get("shape", {}), SHAPE, f"{where}.shape", faults)
    rows = known_in(data.get("rows", {}), {"least": int, "most": int}, f"{where}.rows", faults)
    if sum(bool(data.get(way)) for way in ("files", "database", "vault")) != 1:
        faults.append(f"{where}: name either files, a database or the vault")
    words = {
        part: {
            key: each_of(one, kind, f"{where}.{part}.{key}", faults)
            for key, one in each_of(data.get(part, {}), dict, f"{where}.{part}", faults).items()
        }
        for part, kind in (("codes", (str, list)), ("ignored_words", str))
    }
    for part in ("fields", "codes", "ignored_words"):
        for key in data.get(part, {}):
            if key not in table.fields:
                faults.append(f"{where}.{part}: there is no field {key!r}{perhaps(key, table.fields)}")
    written_fields = each_of(data.get("fields", {}), (str, dict), f"{where}.fields", faults)
    fields = {
        key: _field(one, table.fields[key], f"{where}.fields.{key}", faults)
        for key, one in written_fields.items()
        if key in table.fields
    }
    _codes_exist(table, words["codes"], where, faults)
    words = {part: with_lists(part, own, fields, table, lists) for part, own in words.items()}
    ignored = each_of(data.get("ignored_columns", {}), str, f"{where}.ignored_columns", faults)
    reasons = [*ignored.items(), *(pair for one in words["ignored_words"].values() for pair in one.items())]
    faults += [
        f"{where}: {column!r} is left out without a reason"
        for column, reason in reasons
        if not reason.strip()
    ]
    used = {column for field in fields.values() for column in field.looks_at}
    faults += [f"{where}: {column!r} is both used and ignored" for column in ignored if column in used]
    return TableMapping(
        files=texts_in(data.get("files", []), f"{where}.files", faults),
        database=data.get("database"),
        vault=data.get("vault"),
        shape=shape,
        missing=texts_in(data.get("missing", []), f"{where}.missing", faults),
        least_rows=rows.get("least", 0),
        most_rows=rows.get("most"),
        fields=fields,
        codes=words["codes"],
        ignored_words=words["ignored_words"],
        ignored_columns=ignored,
        ignored_rows=_ignored_rows(data.get("ignored_rows", []), f"{where}.ignored_rows", faults),
    )


def _ignored_rows(written: list[Any], where: str, faults: list[str]) -> tuple[IgnoredRows, ...]:
    rules = tables_in(written, {"column": str, "words": list, "reason": str}, where, faults)
    for one in rules:
        check_needed(one, ["column", "words", "reason"], where, faults)
    return tuple(
        IgnoredRows(column=one["column"], words=texts_in(one["words"], where, faults), reason=one["reason"])
        for one in rules
        if len(one) == 3
    )


def _codes_exist(
    table: Table, written: Mapping[str, Mapping[str, Any]], where: str, faults: list[str]
) -> None:
    for key, words in written.items():
        if field := table.fields.get(key):
            for word, code in words.items():
                codes_are_known(
                    field, code if isinstance(code, list) else [code], f"{where}.codes.{key}.{word!r}", faults
                )


def _field(written: str | Mapping[str, Any], field: Field, where: str, faults: list[str]) -> FieldMapping:
    data: dict[str, Any] = (
        {"from": written} if isinstance(written, str) else known_in(written, FIELD, where, faults)
    )
    ways = [
        way
        for way in ("from", "together", "flags", "value", "row")
        if data.get(way) not in (None, False, [], {})
    ]
    if len(ways) != 1:
        faults.append(f"{where}: say exactly one of from, together, flags, value, row")
    flags = each_of(data.get("flags", {}), str, f"{where}.flags", faults)
    if flags and not field.codes:
        faults.append(f"{where}.flags: only a coded field can be made of flags")
    elif field.codes:
        codes_are_known(
            field, [*flags.values(), *([data["value"]] if "value" in data else [])], where, faults
        )
    formats = texts_in(several(data.get("format", [])), f"{where}.format", faults)
    for form in formats:
        if not _keeps(form, "date" if data.get("written") in ("birth year", "years since") else field.type):
            faults.append(
                f"{where}.format {form!r} cannot be read back as a {field.type}:"
                " write one such as %m/%d/%Y %H:%M"
            )
    if zone := data.get("zone"):
        check_zone(zone, f"{where}.zone", faults)
    if (way := data.get("written")) and not WRITTEN.fullmatch(way):
        faults.append(
            f"{where}.written {way!r} is none of"
            " dms, dms west, wkt, pair, zeros lost, whole number, birth year, years since,"
            " epsg:NUMBER"
        )
    return FieldMapping(
        columns=texts_in(several(data.get("from", [])), where, faults),
        together=texts_in(several(data.get("together", [])), where, faults),
        flags=flags,
        value=data.get("value"),
        row=data.get("row", False),
        formats=formats,
        zone=zone,
        split=data.get("split"),
        written=way,
    )


def _keeps(form: str, kind: str) -> bool:
    """Whether a moment written in this format can be read back with all that a field of this kind needs."""
    if form == EPOCH:
        return kind in ("date", "month", "time")
    moment = datetime(2001, 2, 3, 16, 5, 6, tzinfo=UTC)
    try:
        back = datetime.strptime(moment.strftime(form), form)
    except ValueError:
        return False
    match kind:
        case "date" | "integer":  # an age is reckoned from a day
            return back.date() == moment.date()
        case "month":
            return (back.year, back.month) == (moment.year, moment.month)
        case "time":
            return back.hour == moment.hour
        case _:
            return False
