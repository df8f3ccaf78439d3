"""The probe says what a site has, in counts and words, and nobody's record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from iapro_servers import ask, change, over_postgres, over_tds, sqlite_url

from openbeat.errors import WrongSettings
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.probe import Probed, probe


def probed(url: str, schema: str | None = None) -> Probed:
    with open_source(url) as source:
        return probe(source, schema)


def test_rows_and_filled_shares_are_those_of_the_database(iapro: Path) -> None:
    found = probed(sqlite_url(iapro))
    for name, table in found.tables.items():
        assert table.rows == ask(iapro, f"SELECT count(*) FROM {name}")[0][0]
    [[known]] = ask(
        iapro, "SELECT count(*) FROM INCIDENTS WHERE trim(coalesce(DISPOSITION, '')) NOT IN ('', 'NULL')"
    )
    incidents = found.tables["INCIDENTS"]
    assert incidents.columns["DISPOSITION"].filled == known / incidents.rows
    assert 0 < known < incidents.rows
    assert incidents.columns["INCNUM"].filled == 1


def test_words_of_a_coded_column_are_counted_as_they_stand(iapro: Path) -> None:
    said = ask(iapro, "SELECT FINDING, count(*) FROM ALLEGATIONS WHERE FINDING IS NOT NULL GROUP BY 1")
    assert probed(sqlite_url(iapro)).tables["ALLEGATIONS"].columns["FINDING"].words == dict(said)


def test_columns_with_many_words_and_those_that_lead_to_people_are_not_listed(iapro: Path) -> None:
    for number in range(61):
        change(
            iapro,
            "INSERT INTO INCIDENTS (INCNUM, INV_UNIT) VALUES (?, ?)",
            900_000 + number,
            f"unit {number}",
        )
    incidents = probed(sqlite_url(iapro)).tables["INCIDENTS"].columns
    for column in (
        "INV_UNIT",
        "FILENUM",
        "ADDRESS1",
        "STREET",
        "STREET_N",
        "INCNUM",
        "OCCURRED_DT",
        "OCCURRED_HOUR_I",
    ):
        assert incidents[column].words is None, column
    assert incidents["INCIDENT_TYPE"].words


def test_nothing_that_is_never_asked_for_shows(iapro: Path) -> None:
    assert "canary" not in repr(probed(sqlite_url(iapro))).lower()


def test_user_defined_columns_have_the_meanings_that_the_site_gave_them(iapro: Path) -> None:
    found = probed(sqlite_url(iapro)).tables
    assert found["INCIDENTS"].columns["UDTEXT24A"].meanings == ("District",)
    assert found["OFFICERS"].columns["UDTEXT24A"].meanings == ("Bureau",)


@pytest.mark.parametrize(
    ("columns", "row", "where"),
    [
        ("ID, COL, CAPTION", (17, "udtext24a", "Police district"), ("INCIDENTS", "OFFICERS")),
        ("CAPTION, TAB, COL", ("Police district", "Incidents", "UDTEXT24A "), ("INCIDENTS",)),
        ("TAB, COL, A, B", ("OFFICERS", "UDTEXT24A", None, "Police district"), ("OFFICERS",)),
    ],
)
def test_meanings_are_found_whatever_the_shape_of_their_table(
    iapro: Path, columns: str, row: tuple[object, ...], where: tuple[str, ...]
) -> None:
    change(iapro, "DROP TABLE AIO_COLS")
    change(iapro, f"CREATE TABLE AIO_COLS ({columns})")
    change(iapro, f"INSERT INTO AIO_COLS VALUES ({', '.join('?' * len(row))})", *row)
    found = probed(sqlite_url(iapro)).tables
    have = tuple(name for name in ("INCIDENTS", "OFFICERS") if found[name].columns["UDTEXT24A"].meanings)
    assert have == where
    assert found[where[0]].columns["UDTEXT24A"].meanings == ("Police district",)


def test_missing_and_unknown_tables_and_columns_are_named(iapro: Path) -> None:
    change(iapro, "DROP TABLE TRAINING")
    change(iapro, "ALTER TABLE ALLEGATIONS DROP COLUMN DIRECTIVE")
    change(iapro, "ALTER TABLE ALLEGATIONS ADD COLUMN HOUSE_RULE VARCHAR(10)")
    found = probed(sqlite_url(iapro))
    assert found.absent == ("TRAINING",)
    assert {"ADDRESSES", "SUMMARIES"} <= set(found.beyond)
    assert found.tables["ALLEGATIONS"].missing == ("DIRECTIVE",)
    assert found.tables["ALLEGATIONS"].beyond == ("HOUSE_RULE",)


def test_keys_that_name_two_rows_and_children_without_parents_are_counted(iapro: Path) -> None:
    before = probed(sqlite_url(iapro))
    assert {table.repeated for table in before.tables.values()} == {0, None}
    assert set(before.orphans.values()) == {0}
    change(
        iapro,
        "CREATE TABLE copy AS SELECT * FROM CITIZENS UNION ALL SELECT * FROM CITIZENS WHERE CITNUM % 5 = 0",
    )
    change(iapro, "DROP TABLE CITIZENS")
    change(iapro, "ALTER TABLE copy RENAME TO CITIZENS")
    change(iapro, "UPDATE ALLEGATIONS SET AIO_NUM = 999999 WHERE ALGNUM % 4 = 0")
    found = probed(sqlite_url(iapro))
    assert (
        found.tables["CITIZENS"].repeated
        == ask(iapro, "SELECT count(DISTINCT CITNUM) FROM CITIZENS WHERE CITNUM % 5 = 0")[0][0]
    )
    [[lost]] = ask(iapro, "SELECT count(*) FROM ALLEGATIONS WHERE ALGNUM % 4 = 0")
    assert found.orphans["ALLEGATIONS.AIO_NUM -> ASSOC_INC_OFF"] == lost > 0


def test_officers_who_are_likely_nobody_are_named_by_number_with_their_links(iapro: Path) -> None:
    said = ask(
        iapro,
        """SELECT OFFNUM, (SELECT count(*) FROM ASSOC_INC_OFF a WHERE a.OFFNUM = o.OFFNUM)
           FROM OFFICERS o WHERE DOB IS NULL AND HIRE_DT IS NULL""",
    )
    assert probed(sqlite_url(iapro)).placeholders == {str(number): links for number, links in said} != {}


def test_every_incident_stands_somewhere_in_the_review(iapro: Path) -> None:
    change(iapro, "UPDATE INCIDENTS SET FIELD_STATUS = 'In chain', STATUS = NULL WHERE INCNUM % 9 = 0")
    found = probed(sqlite_url(iapro)).states
    said = ask(iapro, "SELECT INCIDENT_TYPE, STATUS, FIELD_STATUS, count(*) FROM INCIDENTS GROUP BY 1, 2, 3")
    assert {(one.incident_type, one.status, one.field_status, one.incidents) for one in found} == set(said)
    assert "In chain" in {one.field_status for one in found}


def test_sql_server_and_postgresql_say_what_sqlite_says(
    iapro: Path, department: Mapping[str, pa.Table], postgres: Path
) -> None:
    with over_tds(iapro) as (url, _):
        found = [
            probed(url),
            probed(over_postgres(postgres, department, "probed")),
            probed(sqlite_url(iapro)),
        ]
    for one in found[:2]:
        assert (one.tables, one.orphans, one.placeholders) == (
            found[2].tables,
            found[2].orphans,
            found[2].placeholders,
        )
        assert set(one.states) == set(found[2].states)
        assert one.site.schema == "IA_ADM"


def test_every_table_of_the_catalogue_is_probed(iapro: Path) -> None:
    assert set(probed(sqlite_url(iapro)).tables) == set(catalogue())


def test_a_schema_that_is_not_there_is_told_with_those_that_are(iapro: Path) -> None:
    with over_tds(iapro) as (url, _), pytest.raises(WrongSettings, match="IA_ADM"):
        probed(url, "IAPRO")


def test_a_schema_is_found_whatever_its_case(iapro: Path) -> None:
    with over_tds(iapro) as (url, _):
        assert probed(url, "ia_adm").site.schema == "IA_ADM"


def test_a_database_that_is_not_iapros_is_told(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    change(file, "CREATE TABLE THINGS (A INTEGER)")
    with pytest.raises(WrongSettings, match="no table INCIDENTS"):
        probed(sqlite_url(file))
