"""What leaves the agency of each row, and the account of what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from openbeat.agency import Agency, Contact, Precision
from openbeat.engine import Engine, open_engine
from openbeat.errors import WrongSettings
from openbeat.protect import SecretKey, protect
from openbeat.stages import REDUCED, Account, Checked, DerivedTable, Mapped, Protected, StagedTable
from openbeat.standards import Words, standards

ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
KEY = SecretKey(bytes(range(32)))
AGENCY = Agency(
    slug="springfield",
    home=Path(),
    name="Springfield Police Department",
    place="Springfield",
    time_zone="America/Chicago",
    licence="https://creativecommons.org/publicdomain/zero/1.0/",
    contact=Contact(name="Desk", email="data@example.org"),
    datasets={},
)
STOP = {
    "stop_id": "S-1",
    "person_no": 1,
    "occurred_date": date(2025, 3, 14),
    "occurred_time": "22:47",
    "location": "855 Claiborne St Apt 3",
    "latitude": 39.123456,
    "longitude": -89.987654,
    "district": "North",
    "subject_race": "black",
    "subject_age": 34,
    "officer_id": "0412",
    "notes": "He said his name was John.",
    "charges": "theft",
}
Row = Mapping[str, Any]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    one = open_engine("duckdb", scratch=tmp_path)
    yield one
    one.close()


def protected(
    engine: Engine,
    rows: Sequence[Row],
    *,
    dataset: str = "stops",
    table: str = "stops",
    agency: Agency = AGENCY,
    derived: tuple[DerivedTable, ...] = (),
) -> Protected:
    """The rows after protection; a field that no row names is one that the agency lacks."""
    standard = standards()[dataset]
    fields = standard.tables[table].fields
    schema = pa.schema([(key, ARROW[field.stored_as]) for key, field in fields.items()])
    whole = [{key: row.get(key) for key in fields} for row in rows]
    staged = StagedTable(
        standard=standard.tables[table],
        rows=engine.lookup(pa.Table.from_pylist(whole, schema=schema)),
        account=Account(read=len(rows) + 2, unpacked=0, refused={"cut off": 2}),
        columns={key: (key,) for key in fields if any(key in row for row in rows)},
    )
    checked = Checked(mapped=Mapped(standard=standard, tables={table: staged}), findings=())
    return protect(checked, derived, agency, KEY, engine)


def leaving(engine: Engine, rows: Sequence[Row], **settings: Any) -> list[dict[str, Any]]:
    done = protected(engine, rows, **settings)
    (staged,) = done.tables.values()
    found = engine.fetch(staged.rows).to_pylist()
    keys = [key for key in staged.standard.primary if found and key in found[0]]
    return sorted(found, key=lambda row: str([row[key] for key in keys]))


def with_precision(**fields: str) -> Agency:
    return replace(
        AGENCY,
        precision={f"stops.{key}": Precision(publish=how, reason="reviewed") for key, how in fields.items()},
    )


def pseudonym(value: str, domain: str, group: str = "stops") -> str:
    return next(KEY.pseudonyms([value], domain=domain, agency="springfield", group=group))


def test_a_row_leaves_coarse_and_without_anybody_s_number(engine: Engine) -> None:
    assert leaving(engine, [STOP]) == [
        {
            "stop_id": pseudonym("S-1", "stop"),
            "person_no": 1,
            "occurred_date": date(2025, 3, 14),
            "occurred_time": "22:00",
            "location": "800 block Claiborne St",
            "latitude": 39.123,
            "longitude": -89.988,
            "district": "North",
            "subject_race": "black",
            "subject_age_range": "25-34",
            "officer_id": pseudonym("412", "officer"),
            REDUCED: None,
        }
    ]


EVERY_TABLE = [(dataset, table) for dataset, one in standards().items() for table in one.tables]


@pytest.mark.parametrize(("dataset", "table"), EVERY_TABLE)
def test_no_identifier_and_nothing_sensitive_of_any_standard_leaves(
    dataset: str, table: str, engine: Engine
) -> None:
    fields = standards()[dataset].tables[table].fields
    plain: dict[str, Any] = {
        "string": "A-4711 secret",
        "int64": 41,
        "float64": 41.987654,
        "boolean": True,
        "date": date(2025, 3, 14),
    }
    row = {key: plain[field.stored_as] for key, field in fields.items()}
    (left,) = leaving(engine, [row], dataset=dataset, table=table)
    for key, field in fields.items():
        if field.privacy == "direct":
            assert left[key] in (None, pseudonym("A-4711 secret", str(field.domain), dataset))
        if field.privacy == "sensitive":
            assert key not in left
        if field.publish not in (None, "day") and key in left:
            assert left[key] != row[key]


def test_pseudonyms_link_the_rows_of_one_officer_and_datasets_that_the_agency_links(engine: Engine) -> None:
    linked = replace(AGENCY, linked={"conduct": ("stops", "use_of_force")})
    rows = [
        STOP,
        STOP | {"stop_id": "S-2", "officer_id": "412 "},
        STOP | {"stop_id": "S-3", "officer_id": None},
    ]
    found = [one["officer_id"] for one in leaving(engine, rows, agency=linked)]
    assert sorted(found, key=str) == [None, *[pseudonym("412", "officer", "conduct")] * 2]
    apart = leaving(engine, [{"force_id": "F", "officer_id": "412"}], dataset="use_of_force", table="force")
    assert apart[0]["officer_id"] not in found


def test_no_row_is_lost_or_doubled_where_numbers_repeat_or_are_missing(engine: Engine) -> None:
    rows = [
        STOP
        | {
            "stop_id": f"S-{n}",
            "officer_id": (None, "1", "01", "2")[n % 4],
            "location": (None, "12 Elm")[n % 2],
        }
        for n in range(200)
    ]
    done = protected(engine, rows)
    account = done.tables["stops"].account
    assert account.published == 200
    assert account.adds_up
    assert len(leaving(engine, rows)) == 200


@pytest.mark.parametrize("field", ["notes", "charges"])
def test_what_is_sensitive_leaves_only_where_the_agency_says_so(field: str, engine: Engine) -> None:
    assert field not in leaving(engine, [STOP])[0]
    assert leaving(engine, [STOP], agency=with_precision(**{field: "exact"}))[0][field] == STOP[field]
    assert protected(engine, [STOP]).policy["fields"]["stops"][field] == "withheld"  # type: ignore[index]


def test_an_agency_can_hold_back_more_than_the_standard(engine: Engine) -> None:
    agency = with_precision(
        district="withheld", occurred_date="month", latitude="2 decimals", location="none"
    )
    (left,) = leaving(engine, [STOP], agency=agency)
    assert "district" not in left
    assert (left["occurred_date"], left["latitude"], left["location"]) == (date(2025, 3, 1), 39.12, None)


def test_an_identifier_leaves_as_a_pseudonym_whatever_the_agency_says(engine: Engine) -> None:
    assert (
        leaving(engine, [STOP], agency=with_precision(officer_id="exact"))[0]["officer_id"]
        != STOP["officer_id"]
    )


@pytest.mark.parametrize(
    ("key", "publish", "said"),
    [
        ("stops.locaton", "withheld", "no such field"),
        ("location", "none", "no such field"),
        ("stops.district", "secret", "'secret'"),
    ],
)
def test_a_misspelt_precision_stops_everything(key: str, publish: str, said: str, engine: Engine) -> None:
    agency = replace(AGENCY, precision={key: Precision(publish=publish, reason="typing")})
    with pytest.raises(WrongSettings, match=said):
        protected(engine, [STOP], agency=agency)


def test_a_child_s_row_says_less_and_says_why(engine: Engine) -> None:
    (left,) = leaving(engine, [STOP | {"subject_age": 15, "zip_code": "62701", "beat": "B3"}])
    gone = ("location", "latitude", "longitude", "zip_code", "beat", "occurred_time")
    assert {key: left[key] for key in gone} == dict.fromkeys(gone)
    assert (left["occurred_date"], left["subject_age_range"]) == (date(2025, 3, 1), "0-17")
    assert (left["district"], left["subject_race"], left[REDUCED]) == ("North", "black", "juvenile")


@pytest.mark.parametrize(
    ("row", "reduced"),
    [
        ({"subject_age": 17}, "juvenile"),
        ({"subject_age": 18}, None),
        ({"subject_age": None}, None),
        ({"subject_juvenile": True}, "juvenile"),
        ({"subject_juvenile": False}, None),
        ({"stop_reason": "truancy"}, "juvenile"),
        ({"stop_reason": None, "subject_age": 12}, "juvenile"),
        ({"charges": "domestic_violence|theft"}, "domestic_violence"),
        ({"charges": "sexual_offence", "subject_age": 16}, "juvenile|sexual_offence"),
    ],
)
def test_one_of_the_fields_that_call_for_care_is_enough(
    row: Row, reduced: str | None, engine: Engine
) -> None:
    bare = {"stop_id": "S-1", "person_no": 1, "occurred_date": date(2025, 3, 14), "latitude": 39.1, **row}
    (left,) = leaving(engine, [bare])
    assert left[REDUCED] == reduced
    assert (left["latitude"] is None) == (reduced is not None)
    assert left["occurred_date"].day == (1 if reduced else 14)


def test_a_table_that_lacks_all_of_them_has_no_such_column(engine: Engine) -> None:
    (left,) = leaving(engine, [{"stop_id": "S-1", "person_no": 1, "latitude": 39.1}])
    assert REDUCED not in left


def test_a_case_is_known_by_a_field_that_does_not_leave_itself(engine: Engine) -> None:
    (left,) = leaving(engine, [STOP | {"charges": "sexual_offence"}])
    assert "charges" not in left
    assert left[REDUCED] == "sexual_offence"


def test_removing_an_age_removes_the_range_that_it_became(engine: Engine) -> None:
    standard = standards()["stops"]
    table = standard.tables["stops"]
    case = replace(table.sensitive[0], remove=("subject_age",), coarsen={})
    staged = StagedTable(
        standard=replace(table, sensitive=(case,)),
        rows=engine.lookup(pa.table({"stop_id": ["S-1"], "subject_age": [15]})).mutate(
            subject_juvenile=True, stop_reason=ibis.literal("truancy")
        ),
        account=Account(read=1, unpacked=0, refused={}),
        columns={"stop_id": ("s",), "subject_age": ("a",)},
    )
    checked = Checked(mapped=Mapped(standard=standard, tables={"stops": staged}), findings=())
    rows = protect(checked, (), AGENCY, KEY, engine).tables["stops"].rows
    assert engine.fetch(rows).column("subject_age_range").to_pylist() == [None]


def test_the_account_counts_what_was_published_and_what_says_less(engine: Engine) -> None:
    ages = [15, 16, 30, None, 40]
    charges = ["sexual_offence", None, "sexual_offence", None, "theft"]
    rows = [
        STOP | {"stop_id": f"S-{n}", "subject_age": age, "charges": charge}
        for n, (age, charge) in enumerate(zip(ages, charges, strict=True))
    ]
    account = protected(engine, rows).tables["stops"].account
    assert (account.read, account.refused, account.published) == (7, {"cut off": 2}, 5)
    assert account.coarsened == {"juvenile": 2, "sexual_offence": 2}
    assert account.adds_up


def test_no_rows_leave_as_no_rows(engine: Engine) -> None:
    nobody = [STOP | {"stop_id": "S-1"}]
    done = protected(engine, nobody)
    staged = done.tables["stops"]
    assert engine.fetch(staged.rows.filter(staged.rows.person_no == 2)).num_rows == 0


def test_a_derived_table_does_not_tell_what_the_agency_holds_back(engine: Engine) -> None:
    words = Words(en="Stops.", es="Detenciones.")
    cells = (
        {"place_field": None, "group_field": None, "count": 90},
        {"place_field": "district", "group_field": None, "count": 50},
        {"place_field": None, "group_field": "subject_race", "count": 40},
    )
    derived = (
        DerivedTable(
            key="search_rate", rate="search_rate", of="stops", title=words, caution=words, rows=cells
        ),
    )
    done = protected(engine, [STOP], derived=derived, agency=with_precision(district="withheld"))
    assert done.derived[0].rows == (cells[0], cells[2])
    assert protected(engine, [STOP], derived=derived).derived == derived


def test_the_policy_says_what_was_done_and_holds_no_secret(engine: Engine) -> None:
    policy = protected(engine, [STOP]).policy
    told = policy["fields"]["stops"]  # type: ignore[index]
    assert told["officer_id"] == "pseudonym (officer)"
    assert told["subject_age"] == "age range, as subject_age_range"
    assert KEY.secret.hex() not in repr(policy)
