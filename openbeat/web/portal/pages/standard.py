"""The dictionary of one dataset type: whatever its TOML says, this page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openbeat.release.documents.wording import PRECISIONS, TYPES, words_for
from openbeat.release.objects import Shelf
from openbeat.standards import CodeList, Field, Standard, Table, standards
from openbeat.web.portal.language import named, said
from openbeat.web.portal.page import Absent, Page, Visit
from openbeat.web.portal.reading import published


def standard(visit: Visit, key: str) -> dict[str, Any]:
    """Tables, fields, rules, rates and codes of the dataset type."""
    one = standards().get(key)
    if one is None:
        raise Absent
    language = visit.language
    return {
        "key": one.key,
        "title": one.title[language],
        "about": one.about[language],
        "caution": one.caution[language],
        "terms": one.terms,
        "tables": [_table(table, language) for table in one.tables.values()],
        "rates": [(rate.title[language], rate.caution[language]) for rate in one.rates],
        "code_lists": [_code_list(each, language) for each in _lists(one)],
        "releases": [
            (dataset.parts, said(release.body["title"], language), release.body["agency_facts"]["name"])
            for dataset, release in published(visit.shelf)
            if release.body["standard"] == one.key
        ],
    }


def _table(table: Table, language: str) -> dict[str, Any]:
    return {
        "key": table.key,
        "title": table.title[language],
        "grain": table.grain[language],
        "primary": table.primary,
        "refers": list(table.refers.items()),
        "columns": [_column(field, language) for field in table.fields.values()],
        "rules": [rule.about[language] for rule in table.rules],
        "sensitive": [case.about[language] for case in table.sensitive],
    }


def _column(field: Field, language: str) -> dict[str, Any]:
    return {
        "name": field.key,
        "kind": words_for(TYPES, field.type)[language],
        "about": field.about[language],
        "unit": named(language, f"unit.{field.unit}") if field.unit else "",
        "publish": words_for(PRECISIONS, field.publish or "exact")[language],
        "privacy": named(language, f"privacy.{field.privacy}"),
        "codes": field.codes.key if field.codes else None,
        "separator": "|" if field.type == "codes" else None,
        "required": field.required,
    }


def _lists(one: Standard) -> list[CodeList]:
    found = {
        field.codes.key: field.codes
        for table in one.tables.values()
        for field in table.fields.values()
        if field.codes
    }
    return list(found.values())


def _code_list(one: CodeList, language: str) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": one.title[language],
        "about": one.about[language],
        "source": one.source,
        "codes": [(code.key, code.title[language], code.about[language]) for code in one.codes.values()],
    }


def addresses(shelf: Shelf) -> Iterable[Mapping[str, Any]]:
    """Every dataset type, published here or not."""
    return ({"key": key} for key in standards())


page = Page(key="standard", route="standards/<slug:key>", answer=standard, addresses=addresses)
