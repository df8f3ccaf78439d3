"""Reads the standards' TOML files; a new file is a new dataset type, and nothing else changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openbeat.errors import WrongSettings
from openbeat.standards.conditions import fields_of, parse_condition
from openbeat.standards.model import (
    PRIVACY_CLASSES,
    STORED_AS,
    Code,
    CodeList,
    Field,
    Rate,
    Rule,
    SensitiveCase,
    Standard,
    Table,
)
from openbeat.standards.words import words_of

HOME = Path(__file__).parent


@cache
def code_lists(home: Path = HOME) -> Mapping[str, CodeList]:
    """Every code list, by key."""
    return {path.stem: _code_list(path) for path in sorted(home.glob("codes/*.toml"))}


@cache
def standards(home: Path = HOME) -> Mapping[str, Standard]:
    """Every dataset type, by key, in key order."""
    return {path.stem: _standard(path, code_lists(home)) for path in sorted(home.glob("*.toml"))}


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(
            f"is not TOML: {error}", where=path.name, remedies=["mend the line it names"]
        ) from error


def _code_list(path: Path) -> CodeList:
    data = _load(path)
    codes = {
        key: Code(
            key=key,
            title=words_of(one["title"]),
            about=words_of(one["about"]),
            words=tuple(one.get("words", ())),
        )
        for key, one in data["codes"].items()
    }
    return CodeList(
        key=path.stem,
        title=words_of(data["title"]),
        about=words_of(data["about"]),
        source=data["source"],
        codes=codes,
    )


def _standard(path: Path, lists: Mapping[str, CodeList]) -> Standard:
    data = _load(path)
    try:
        tables = {key: _table(key, one, lists, path.name) for key, one in data["tables"].items()}
        return Standard(
            key=path.stem,
            title=words_of(data["title"]),
            about=words_of(data["about"]),
            caution=words_of(data["caution"]),
            terms=tuple(data["terms"]),
            keywords=tuple(data.get("keywords", ())),
            tables=tables,
            rates=tuple(_rate(one, tables, path.name) for one in data.get("rates", ())),
            denominators=tuple(data.get("denominators", ())),
            policies=tuple(data.get("policies", ())),
            opd=data.get("opd"),
        )
    except KeyError as error:
        raise WrongSettings(
            f"lacks {error}", where=path.name, remedies=["write it as the other standards do"]
        ) from error


def _table(key: str, data: Mapping[str, Any], lists: Mapping[str, CodeList], where: str) -> Table:
    fields = {
        name: _field(name, one, lists, f"{where}, {key}.{name}") for name, one in data["fields"].items()
    }
    table = Table(
        key=key,
        title=words_of(data["title"]),
        grain=words_of(data["grain"]),
        primary=tuple(data["key"]),
        fields=fields,
        event=data.get("event"),
        place=tuple(data.get("place", ())),
        refers=dict(data.get("refers", {})),
        rules=tuple(
            Rule(
                key=one["key"],
                about=words_of(one["about"]),
                given=parse_condition(one["if"], where=where),
                then=parse_condition(one["then"], where=where),
            )
            for one in data.get("rules", ())
        ),
        sensitive=tuple(
            SensitiveCase(
                key=one["key"],
                about=words_of(one["about"]),
                when=parse_condition(one["when"], where=where),
                remove=tuple(one.get("remove", ())),
                coarsen=dict(one.get("coarsen", {})),
            )
            for one in data.get("sensitive", ())
        ),
        opd=data.get("opd"),
    )
    named = {*table.primary, *table.place, *table.refers, *([table.event] if table.event else [])}
    named |= {one.into for one in fields.values() if one.into}
    for rule in table.rules:
        named |= fields_of(rule.given) | fields_of(rule.then)
    for case in table.sensitive:
        named |= fields_of(case.when) | {*case.remove, *case.coarsen}
    _must_exist(named, table, f"{where}, {key}")
    return table


def _field(key: str, data: Mapping[str, Any], lists: Mapping[str, CodeList], where: str) -> Field:
    unknown = set(data) - {*Field.__dataclass_fields__} | ({"key"} & set(data))
    wrong = [f"has no setting {name!r}" for name in sorted(unknown)]
    if data["type"] not in STORED_AS:
        wrong.append(f"type {data['type']!r} is none of {', '.join(STORED_AS)}")
    if data["privacy"] not in PRIVACY_CLASSES:
        wrong.append(f"privacy {data['privacy']!r} is none of {', '.join(PRIVACY_CLASSES)}")
    if (codes := data.get("codes")) and codes not in lists:
        wrong.append(f"there is no code list {codes!r}")
    if data["type"] in ("code", "codes") and not codes:
        wrong.append("names no code list")
    if data["type"] == "id" and not data.get("domain"):
        wrong.append("names no domain")
    if data["privacy"] == "direct" and data["type"] != "id":
        wrong.append("is direct, but only an id leaves as a pseudonym")
    if data["type"] == "free_text" and data["privacy"] != "sensitive":
        wrong.append("is free text, but not sensitive")
    if wrong:
        raise WrongSettings("; ".join(wrong), where=where, remedies=["mend the field in its TOML file"])
    rest = {name: value for name, value in data.items() if name not in ("about", "codes")}
    return Field(key=key, about=words_of(data["about"]), codes=lists[codes] if codes else None, **rest)


def _rate(data: Mapping[str, Any], tables: Mapping[str, Table], where: str) -> Rate:
    rate = Rate(
        key=data["key"],
        table=data["table"],
        title=words_of(data["title"]),
        count=parse_condition(data["count"], where=where),
        among=parse_condition(data["among"], where=where),
        by=tuple(data["by"]),
        caution=words_of(data["caution"]),
    )
    named = fields_of(rate.count) | fields_of(rate.among) | set(rate.by)
    _must_exist(named, tables[rate.table], f"{where}, rate {rate.key}")
    return rate


def _must_exist(named: set[str], table: Table, where: str) -> None:
    if missing := sorted(named - set(table.fields)):
        raise WrongSettings(
            f"names fields that {table.key} does not have: {', '.join(missing)}",
            where=where,
            remedies=["spell them as the fields are spelled, or add them"],
        )
