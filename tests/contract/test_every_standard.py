"""What holds for every dataset type and every code list; a new one is simply held to it."""

from __future__ import annotations

import operator
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import ibis
import pytest

import openbeat.standards
from openbeat.protect.precision import PRECISIONS
from openbeat.standards import (
    PRIVACY_CLASSES,
    CodeList,
    Condition,
    Field,
    Standard,
    Table,
    code_lists,
    standards,
)
from openbeat.standards.conditions import Both, Compare, HasCode, IsNull, Literal, Name, Not, OneOf, fields_of
from openbeat.standards.model import STORED_AS

HOME = Path(openbeat.standards.__file__).parent
STANDARDS = standards()
TABLES = [(one, table) for one in STANDARDS.values() for table in one.tables.values()]
each = pytest.mark.parametrize("standard", STANDARDS.values(), ids=[*STANDARDS])
each_table = pytest.mark.parametrize(
    ("standard", "table"), TABLES, ids=[f"{standard.key}.{table.key}" for standard, table in TABLES]
)
each_list = pytest.mark.parametrize("codes", code_lists().values(), ids=[*code_lists()])

PROMISED = {
    *("stops", "citations", "use_of_force", "officer_involved_shootings", "complaints", "arrests"),
    *(
        "calls_for_service",
        "crime_incidents",
        "vehicle_pursuits",
        "assaults_on_officers",
        "deaths_in_custody",
    ),
    *("workforce", "training", "community_engagement", "community_surveys", "response_times"),
    *("officer_assignments", "policies_in_force", "coverage"),
}
# What openpolicedata standardises: people have their role before the name.
OPD_PERSON = {"race", "ethnicity", "gender", "age", "age_range", "injury"}
OPD_WORDS = {"occurred_date", "occurred_time", "zip_code", "subject_fatal"}
ROLES = ("subject", "officer")
# Written alike in English and in Spanish; 911 is the number that people dial in both.
SAME_WORD = {"911", "Alcohol", "Animal", "Favorable", "Hospital", "Rifle", "Supervisor"}
# What an officer saw before the stop, which is not the race that the record gives the person.
SEEN_BEFORE = "group_seen_before_stop"
TOP = {"title", "about", "caution", "terms", "keywords", "opd", "denominators", "policies", "tables", "rates"}
OF_TABLE = {"title", "grain", "key", "event", "place", "refers", "opd", "fields", "rules", "sensitive"}
PARTS = {
    "rules": {"key", "about", "if", "then"},
    "sensitive": {"key", "about", "when", "remove", "coarsen"},
    "rates": {"key", "table", "title", "count", "among", "by", "caution"},
}


def raw(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def spoken(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Everything in a file that is said in a language, and where."""
    if isinstance(value, dict):
        if {"en", "es"} & set(value):
            yield at, value
            return
        for key, one in value.items():
            yield from spoken(one, f"{at}.{key}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from spoken(one, f"{at}[{number}]")


FILES = [*sorted(HOME.glob("*.toml")), *sorted(HOME.glob("codes/*.toml"))]


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(HOME)) for path in FILES])
def test_everything_is_said_in_english_and_in_spanish(path: Path) -> None:
    for at, words in spoken(raw(path)):
        assert set(words) == {"en", "es"}, at
        assert words["en"].strip() == words["en"] != "", at
        assert words["es"].strip() == words["es"] != "", at
        assert words["en"] != words["es"] or words["en"] in SAME_WORD, at


def test_every_word_of_the_list_of_words_written_alike_is_needed() -> None:
    alike = {words["en"] for path in FILES for _, words in spoken(raw(path)) if words["en"] == words["es"]}
    assert alike == SAME_WORD


@each
def test_says_what_it_is_in_whole_sentences(standard: Standard) -> None:
    for words in (standard.about, standard.caution, *(rate.caution for rate in standard.rates)):
        assert words.en.endswith(".")
        assert words.es.endswith(".")
    for table in standard.tables.values():
        for about in [*(one.about for one in table.fields.values()), *(one.about for one in table.rules)]:
            assert about.en.endswith("."), about.en
            assert about.es.endswith("."), about.es


@each
def test_names_its_real_sources_and_points_at_standards_that_exist(standard: Standard) -> None:
    assert all(term.strip() for term in standard.terms)
    assert standard.terms
    assert {*standard.denominators} <= {*STANDARDS}


@each
def test_no_setting_is_misspelt(standard: Standard) -> None:
    """An unknown word in a file would be passed over: a rule or a protection would be missing in silence."""
    data = raw(HOME / f"{standard.key}.toml")
    assert set(data) <= TOP
    for table in data["tables"].values():
        assert set(table) <= OF_TABLE
        for part in ("rules", "sensitive"):
            for one in table.get(part, ()):
                assert set(one) <= PARTS[part]
    for rate in data.get("rates", ()):
        assert set(rate) == PARTS["rates"]


def test_there_is_every_dataset_type_that_was_promised() -> None:
    assert len(STANDARDS) >= 16
    assert set(STANDARDS) >= PROMISED


@each_table
def test_fields_are_of_known_types_and_privacy_classes(standard: Standard, table: Table) -> None:
    for field in table.fields.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", field.key)
        assert field.type in STORED_AS
        assert field.privacy in PRIVACY_CLASSES
        assert (field.codes is not None) == (field.type in ("code", "codes")), field.key
        assert (field.domain is not None) == (field.type == "id"), field.key
        if field.minimum is not None and field.maximum is not None:
            assert field.minimum < field.maximum


@each_table
def test_key_event_place_and_references_lead_somewhere(standard: Standard, table: Table) -> None:
    assert table.primary
    assert {*table.primary, *table.place, *table.refers} <= set(table.fields)
    assert table.event is None or table.fields[table.event].type == "date"
    for field, other in table.refers.items():
        assert standard.tables[other].primary[0] == field
        assert standard.tables[other].fields[field].domain == table.fields[field].domain


@each_table
def test_nothing_that_points_to_a_person_leaves_as_it_is(standard: Standard, table: Table) -> None:
    for field in table.fields.values():
        if field.privacy == "direct":
            assert field.type == "id", field.key
        if field.type == "id":
            assert field.privacy == "direct", field.key
        if field.type == "free_text":
            assert field.privacy == "sensitive", field.key
        if field.type in ("latitude", "longitude"):
            assert field.publish == "3 decimals", field.key
        if field.type == "place":
            assert field.publish == "block", field.key
        if field.privacy == "quasi" and re.search(r"(^|_)age$", field.key):
            assert field.publish == "age range", field.key
            assert field.into in table.fields, field.key


@each_table
def test_ages_have_limits_and_years_of_service_too(standard: Standard, table: Table) -> None:
    for field in table.fields.values():
        if field.publish == "age range":
            limits = (18, 90) if field.key.startswith("officer") else (0, 110)
            assert (field.minimum, field.maximum) == limits, field.key
        if field.key == "officer_years_of_service":
            assert (field.minimum, field.maximum) == (0, 60)


@each_table
def test_what_is_published_less_precisely_can_be(standard: Standard, table: Table) -> None:
    for field in table.fields.values():
        if field.publish not in (None, "block"):
            column = ibis.table({"value": field.stored_as}).value
            assert PRECISIONS[field.publish](column) is not None
    for case in table.sensitive:
        assert case.remove or case.coarsen
        for name, publish in case.coarsen.items():
            assert PRECISIONS[publish](ibis.table({"value": table.fields[name].stored_as}).value) is not None
        for name in case.coarsen:
            assert name not in case.remove


@each_table
def test_rules_and_cases_have_names_of_their_own(standard: Standard, table: Table) -> None:
    assert max(Counter(one.key for one in table.rules).values(), default=1) == 1
    assert max(Counter(one.key for one in table.sensitive).values(), default=1) == 1
    keys = [*(one.key for one in table.rules), *(one.key for one in table.sensitive)]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in keys)


@each_table
def test_a_table_that_could_show_a_child_protects_it(standard: Standard, table: Table) -> None:
    places = {"latitude", "longitude", "place"}
    if "subject_age" in table.fields and any(field.type in places for field in table.fields.values()):
        juvenile = next(case for case in table.sensitive if case.key == "juvenile")
        assert "subject_age" in fields_of(juvenile.when)
        exact = {field.key for field in table.fields.values() if field.type in places}
        assert exact <= {*juvenile.remove}


@each_table
def test_field_names_are_those_that_openpolicedata_standardises(standard: Standard, table: Table) -> None:
    for field in table.fields.values():
        other_words = re.search(
            r"(^|_)(sex|dob|zip|zipcode|incident_date|date_occurred|suspect|citizen)($|_)", field.key
        )
        assert field.key in OPD_WORDS or not other_words, field.key
        if field.codes and field.codes.key in ("race", "ethnicity", "gender") and field.key != SEEN_BEFORE:
            assert field.key.endswith(f"_{field.codes.key}"), field.key
        for role, what in product(ROLES, OPD_PERSON):
            assert field.key != f"{what}_{role}", field.key
    if standard.key in ("workforce", "training", "officer_assignments"):
        assert not [key for key in table.fields if key.startswith("subject_")]


def compared(condition: Condition) -> Iterator[tuple[str, object]]:
    """Each field of a condition with each value that it is held against."""
    match condition:
        case Compare(_, Name(field), Literal(value)) | Compare(_, Literal(value), Name(field)):
            yield field, value
        case OneOf(name, values):
            yield from ((name.field, one.value) for one in values)
        case HasCode(name, code):
            yield name.field, code
        case Not(one):
            yield from compared(one)
        case Both(_, left, right):
            yield from compared(left)
            yield from compared(right)


def conditions(standard: Standard, table: Table) -> Iterator[Condition]:
    for rule in table.rules:
        yield from (rule.given, rule.then)
    yield from (case.when for case in table.sensitive)
    for rate in standard.rates:
        if rate.table == table.key:
            yield from (rate.count, rate.among)


@each_table
def test_conditions_compare_fields_with_values_that_they_can_have(standard: Standard, table: Table) -> None:
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "int64": (int, float),
        "float64": (int, float),
        "boolean": bool,
        "date": str,
    }
    for condition in conditions(standard, table):
        for name, value in compared(condition):
            field: Field = table.fields[name]
            assert isinstance(value, kinds[field.stored_as]), (name, value)
            if field.codes:
                assert value in field.codes.codes, (name, value)


def has_code(condition: Condition) -> Iterator[str]:
    match condition:
        case HasCode(name, _):
            yield name.field
        case Not(one):
            yield from has_code(one)
        case Both(_, left, right):
            yield from has_code(left)
            yield from has_code(right)


@each_table
def test_has_code_asks_only_fields_that_hold_several(standard: Standard, table: Table) -> None:
    for condition in conditions(standard, table):
        assert {table.fields[name].type for name in has_code(condition)} <= {"codes"}


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
PLAIN: dict[str, set[Any]] = {"boolean": {True, False}, "int64": {0, 99}, "float64": {0.0, 99.0}}


def told(condition: Condition, row: dict[str, Any]) -> bool | None:
    """Whether the condition holds for one row, in three-valued logic."""
    match condition:
        case Compare(sign, left, right):
            one, other = (row[side.field] if isinstance(side, Name) else side.value for side in (left, right))
            return None if one is None or other is None else bool(SIGNS[sign](one, other))
        case OneOf(name, values):
            return None if row[name.field] is None else row[name.field] in {one.value for one in values}
        case HasCode(name, code):
            return None if row[name.field] is None else code in row[name.field].split("|")
        case IsNull(name):
            return row[name.field] is None
        case Not(one):
            said = told(one, row)
            return None if said is None else not said
        case Both(sign, left, right):
            both = {told(left, row), told(right, row)}
            decisive = sign == "or"
            return decisive if decisive in both else None if None in both else not decisive


@each
def test_no_rate_takes_what_is_missing_for_a_no(standard: Standard) -> None:
    for rate in standard.rates:
        candidates: dict[str, set[Any]] = {
            name: {None} for name in fields_of(rate.count) | fields_of(rate.among)
        }
        for name, value in (*compared(rate.count), *compared(rate.among)):
            candidates[name] |= {value}
        for name, known in candidates.items():
            known |= PLAIN.get(standard.tables[rate.table].fields[name].stored_as, {"elsewhere"})
        for values in product(*candidates.values()):
            row = dict(zip(candidates, values, strict=True))
            assert not (told(rate.among, row) and told(rate.count, row) is None), (rate.key, row)


@each
def test_rates_are_broken_down_by_what_may_be_told(standard: Standard) -> None:
    for rate in standard.rates:
        table = standard.tables[rate.table]
        for name in (*rate.by, *table.place):
            field = table.fields[name]
            assert field.privacy in ("open", "quasi"), name
            assert field.publish is None, name
            assert field.type in ("code", "text", "boolean"), name


@each_list
def test_codes_are_plain_words_with_a_title_and_a_definition(codes: CodeList) -> None:
    assert codes.source.strip()
    assert codes.codes
    for key, code in codes.codes.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key), key
        assert "|" not in key
        assert code.about.en.endswith("."), key
        assert code.about.es.endswith("."), key


@each_list
def test_no_word_means_two_codes(codes: CodeList) -> None:
    meanings: dict[str, set[str]] = {}
    for code in codes.codes.values():
        for word in (code.key, code.key.replace("_", " "), code.title.en, *code.words):
            meanings.setdefault(word.casefold().strip(), set()).add(code.key)
    assert {word: keys for word, keys in meanings.items() if len(keys) > 1} == {}
    assert [word for word in meanings if len(word) < 2] == []


@each_list
def test_every_list_is_used(codes: CodeList) -> None:
    used = {field.codes.key for _, table in TABLES for field in table.fields.values() if field.codes}
    assert codes.key in used
