"""P1 to P7 and P10: nothing leaves that points to a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from check_subjects import a_dataset, an_agency, fires, leaking, mapped, protected, silent, staged

from openbeat.checks import Subject, run_checks
from openbeat.engine import Engine
from openbeat.standards import Field, Words

DAY = date(2025, 3, 17)
MONTH = date(2025, 3, 1)
STOP, OFFICER = "s" + "0" * 20, "o" + "a" * 20


def _leaving(engine: Engine, *rows: dict[str, Any]) -> Subject:
    made = [{"stop_id": STOP[:-2] + f"{n:02}", "occurred_date": DAY, **row} for n, row in enumerate(rows)]
    return leaking(mapped(engine, "stops", {"stops": made}))


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("district", "078-05-1120", "Social Security numbers"),
        ("district", "call (615) 555-0134", "phone numbers"),
        ("beat", "615-555-0134", "phone numbers"),
        ("neighborhood", "mail jane@example.org", "e-mail addresses"),
        ("neighborhood", "1HGCM82633A004352", "vehicle identification numbers"),
        ("neighborhood", "plate ABC 1234", "licence plates"),
        ("neighborhood", "TAG: 7XYZ123", "licence plates"),
        ("neighborhood", "DOB 4/1/1980", "dates of birth"),
        ("neighborhood", "lives at 2314 Elm Street", "street addresses"),
        ("location", "2314 Elm St", "house numbers"),
        ("location", "2314B Elm St", "house numbers"),
    ],
)
def test_text_that_points_to_a_person_blocks(engine: Engine, field: str, value: str, what: str) -> None:
    found = fires("P1", _leaving(engine, {field: value}, {field: "North"}, {field: value}), "protected")
    assert (found.field, found.count, found.among, found.blocks) == (field, 2, 3, True)
    assert what in found.says.en
    assert value not in found.says.en + found.says.es


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("location", "2300 block Elm St"),
        ("location", "0 BLOCK Elm St"),
        ("location", "Elm St / 5th Ave"),
        ("neighborhood", "Area 51, sector 12-34"),
        ("neighborhood", "EXPIRED TAG 1ST OFFENSE"),
        ("neighborhood", "2300 block Elm Street"),
        ("neighborhood", "born free"),
        ("beat", "123-45"),
        ("district", "2025-03-17"),
        ("subject_age_range", "18-24"),
    ],
)
def test_what_only_looks_a_little_like_it_passes(engine: Engine, field: str, value: str) -> None:
    silent("P1", _leaving(engine, {field: value}), "protected")


@pytest.mark.parametrize(
    "column", ["officer_name", "date_of_birth", "dob", "badge", "home_address", "plate", "phone"]
)
def test_a_column_that_is_called_like_an_identifier_blocks(engine: Engine, column: str) -> None:
    subject = _leaving(engine, {"district": "x"})
    assert subject.protected is not None
    one = subject.protected.tables["stops"]
    field = Field(key=column, type="text", about=Words(en="A", es="A"), privacy="open")
    wider = replace(one.standard, fields={**one.standard.fields, column: field})
    changed = replace(
        one, standard=wider, rows=one.rows.rename({column: "district"}), columns={"stop_id": (), column: ()}
    )
    found = fires("P1", leaking(subject, {"stops": changed}), "protected")
    assert (found.field, found.blocks) == (column, True)


def test_no_column_of_any_standard_is_called_like_an_identifier() -> None:
    from openbeat.checks.identifiers import PERSONAL
    from openbeat.standards import standards

    names = {
        field.key
        for standard in standards().values()
        for table in standard.tables.values()
        for field in table.fields.values()
        if field.type != "id"
    }
    assert sorted(name for name in names if PERSONAL.search(name)) == []


@pytest.mark.parametrize(
    "badge", ["1234", hashlib.md5(b"1234").hexdigest(), OFFICER.upper()[:-1], "x" + OFFICER[1:]]
)
def test_an_identifier_that_is_no_pseudonym_blocks(engine: Engine, badge: str) -> None:
    found = fires("P2", _leaving(engine, {"officer_id": badge}, {"officer_id": OFFICER}), "protected")
    assert (found.field, found.count, found.among, found.blocks) == ("officer_id", 1, 2, True)


def test_pseudonyms_pass(engine: Engine) -> None:
    stops = [{"stop_id": "1", "occurred_date": DAY, "officer_id": "1234"}]
    silent("P2", protected(mapped(engine, "stops", {"stops": stops})), "protected")


def _undone(published: set[str], numbers: Iterable[int]) -> int:
    """How many published identifiers begin like a plain or unkeyed hash of a small number."""
    known = {one[1:] for one in published} | published
    hits = 0
    for number in numbers:
        for text in {str(number), f"{number:06}", f"{number:08}"}:
            made = [
                text,
                *(hashlib.new(name, text.encode()).hexdigest() for name in ("md5", "sha1", "sha256")),
            ]
            hits += any(one in known or one[:20] in known or one[:21] in known for one in made)
    return hits


def test_the_attack_on_pseudonyms_undoes_hashes_without_a_key() -> None:
    unkeyed = {"o" + hashlib.sha256(str(n).encode()).hexdigest()[:20] for n in range(50)}
    assert _undone(unkeyed, range(60)) == 50


@pytest.mark.slow
def test_a_million_numbers_undo_no_pseudonym(engine: Engine) -> None:
    stops = [{"stop_id": str(n), "occurred_date": DAY, "officer_id": f"{n * 1999:06}"} for n in range(500)]
    done = protected(mapped(engine, "stops", {"stops": stops})).protected
    assert done is not None
    rows = engine.fetch(done.tables["stops"].rows.select("stop_id", "officer_id"))
    published = {*rows.column("stop_id").to_pylist(), *rows.column("officer_id").to_pylist()}
    assert len(published) == 1000
    assert _undone(published, range(1_000_001)) == 0


@pytest.mark.parametrize("value", ["UF2013-00121", "see CC14-004521", "2013-00121"])
def test_a_case_number_in_text_blocks(engine: Engine, value: str) -> None:
    found = fires("P3", _leaving(engine, {"neighborhood": value}), "protected")
    assert found.blocks
    assert value not in found.says.en


@pytest.mark.parametrize("value", ["Sector 4-12", "2013-04-01", "I-65 North", "WEST-2013"])
def test_other_numbers_in_text_are_no_case_numbers(engine: Engine, value: str) -> None:
    silent("P3", _leaving(engine, {"neighborhood": value}), "protected")


def test_exposed_case_numbers_can_be_signed_off(engine: Engine) -> None:
    dataset = a_dataset("stops", ["stops"], accept={"P3:stops.neighborhood": "the council ordered it"})
    subject = replace(_leaving(engine, {"neighborhood": "UF2013-00121"}), dataset=dataset)
    found = fires("P3", subject, "protected")
    assert (found.accepted, found.blocks) == ("the council ordered it", False)


def test_rows_that_few_others_resemble_are_counted(engine: Engine) -> None:
    rows = [{"subject_race": "white"}] * 5 + [{"subject_race": "black"}] * 4
    found = fires("P4", _leaving(engine, *rows), "protected")
    assert (found.count, found.among, found.level) == (4, 9, "W")


def test_rows_that_resemble_four_others_are_not_rare(engine: Engine) -> None:
    silent("P4", _leaving(engine, *[{"subject_race": "white"}] * 5), "protected")


ARRESTS = [
    {
        "arrest_id": "1",
        "occurred_date": DAY,
        "occurred_time": "09:15",
        "subject_age": 15,
        "location": "12 Elm St",
    },
    {
        "arrest_id": "2",
        "occurred_date": DAY,
        "occurred_time": "09:15",
        "subject_age": 35,
        "location": "12 Elm St",
    },
]
LEFT = {"arrest_id": "a" + "0" * 20, "occurred_date": MONTH, "occurred_time": None, "location": None}


def _with_marks(engine: Engine, subject: Subject, row: dict[str, Any], mark: str | None) -> Subject:
    import ibis

    one = staged(engine, "arrests", "arrests", [row])
    marked = one.rows.mutate(reduced_detail=ibis.literal(mark, type="string"))
    return leaking(
        subject,
        {"arrests": replace(one, rows=marked, columns={key: (key,) for key in (*row, "subject_age")})},
    )


def test_what_the_real_protection_does_for_minors_is_enough(engine: Engine) -> None:
    silent("P5", protected(mapped(engine, "arrests", {"arrests": ARRESTS})), "protected")


@pytest.mark.parametrize(
    ("field", "value"), [("location", "100 block Elm St"), ("occurred_time", "09:00"), ("occurred_date", DAY)]
)
def test_a_minor_whose_place_hour_or_day_was_kept_blocks(engine: Engine, field: str, value: object) -> None:
    subject = mapped(engine, "arrests", {"arrests": ARRESTS})
    found = fires("P5", _with_marks(engine, subject, LEFT | {field: value}, "juvenile"), "protected")
    assert (found.field, found.count, found.blocks) == (field, 1, True)


def test_a_minor_who_was_not_marked_blocks(engine: Engine) -> None:
    subject = mapped(engine, "arrests", {"arrests": ARRESTS})
    found = fires("P5", _with_marks(engine, subject, LEFT, None), "protected")
    assert (found.count, found.among, found.blocks) == (1, 1, True)


def test_a_table_that_protection_never_marked_blocks(engine: Engine) -> None:
    found = fires("P5", leaking(mapped(engine, "arrests", {"arrests": ARRESTS})), "protected")
    assert (found.count, found.among, found.blocks) == (1, 1, True)


def test_one_mark_is_not_taken_for_another_that_it_is_part_of(engine: Engine) -> None:
    subject = mapped(engine, "arrests", {"arrests": ARRESTS})
    assert fires("P5", _with_marks(engine, subject, LEFT, "juvenile_other"), "protected").count == 1


def test_a_fourth_decimal_leads_to_a_house(engine: Engine) -> None:
    found = fires("P6", _leaving(engine, {"latitude": 36.1627}, {"latitude": 36.163}), "protected")
    assert (found.field, found.count, found.among) == ("latitude", 1, 2)


@pytest.mark.parametrize("degrees", [36.163, -86.781, -0.001, 36.0, 36.1, -179.999])
def test_three_decimals_do_not(engine: Engine, degrees: float) -> None:
    silent("P6", _leaving(engine, {"latitude": degrees, "longitude": degrees}), "protected")


def test_free_text_that_leaves_warns(engine: Engine) -> None:
    found = fires("P7", _leaving(engine, {"notes": "He said no."}, {"notes": None}), "protected")
    assert (found.field, found.count, found.among) == ("notes", 1, 2)


def test_a_story_in_a_short_field_warns(engine: Engine) -> None:
    found = fires(
        "P7", _leaving(engine, {"neighborhood": "x" * 101}, {"neighborhood": "x" * 100}), "protected"
    )
    assert (found.field, found.count, found.among) == ("neighborhood", 1, 2)


def test_free_text_that_protection_withheld_is_not_spoken_of(engine: Engine) -> None:
    stops = [{"stop_id": "1", "occurred_date": DAY, "notes": "He said no."}]
    silent("P7", protected(mapped(engine, "stops", {"stops": stops})), "protected")


@pytest.mark.parametrize(
    "by", [{"reviewed_by": None}, {"reviewed_on": None}, {"reviewed_on": date(2030, 1, 1)}]
)
def test_a_release_that_nobody_reviewed_warns(engine: Engine, by: dict[str, Any]) -> None:
    subject = mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": DAY}]})
    assert fires("P10", replace(subject, agency=an_agency(**by)), "mapped").level == "W"


def test_a_reviewed_release_does_not(engine: Engine) -> None:
    silent("P10", mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": DAY}]}), "mapped")


def test_no_finding_ever_tells_a_value_of_a_record(engine: Engine) -> None:
    secret = "Jane Roe 078-05-1120 UF2013-00121"
    row = {"officer_id": secret, "location": f"12 {secret}", "neighborhood": secret * 9, "notes": secret}
    subject = _leaving(engine, row)
    told = " ".join(
        one.says.en + one.says.es for phase in ("mapped", "protected") for one in run_checks(subject, phase)
    )
    assert told
    assert not any(word in told for word in secret.split())
