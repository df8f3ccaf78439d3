"""What the database's administrator approves is what is sent: columns by name, and none beyond them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from iapro_servers import Vaults, change, over_tds, sqlite_url
from sqlglot import exp

from openbeat.sources.iapro.catalogue import LABELS, catalogue
from openbeat.sources.iapro.compiled import DIALECTS
from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.probe import probe
from openbeat.sources.iapro.site import Site, expected_site, read_site
from openbeat.sources.iapro.statements import Approval, every_statement, of_range


def columns_of(said: Approval, dialect: str) -> set[tuple[str, str]]:
    """The tables and columns that a statement names, as the server's own language reads it."""
    tree = sqlglot.parse_one(said.text, read=DIALECTS[dialect][2])
    return {(column.table, column.name) for column in tree.find_all(exp.Column)}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_statement_names_a_column_that_is_never_asked_for(dialect: str) -> None:
    never = {(table.name, column) for table in catalogue().values() for column in table.never}
    every = every_statement(expected_site(), dialect)
    named = set().union(*(columns_of(said, dialect) for said in every))
    assert not named & never
    assert ("INCIDENTS", "STATUS") in named


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_statement_is_one_select_of_columns_by_name(dialect: str) -> None:
    for said in every_statement(expected_site(), dialect):
        tree = sqlglot.parse_one(said.text, read=DIALECTS[dialect][2])
        assert isinstance(tree, exp.Select)
        assert all(isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)), said.name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_statement_has_a_name_a_purpose_and_a_parameter_for_each_place(dialect: str) -> None:
    every = every_statement(expected_site(), dialect)
    assert len({said.name for said in every}) == len(every)
    for said in every:
        assert said.purpose.endswith(".")
        assert len(said.parameters) <= 2_100 - 1  # what SQL Server allows
        tree = sqlglot.parse_one(said.text, read=DIALECTS[dialect][2])
        places = [place.sql() for place in tree.find_all(exp.Placeholder, exp.Parameter)]
        # PostgreSQL's $1 may stand in several places.
        assert len(set(places) if dialect == "postgresql" else places) == len(said.parameters), said.name


def test_all_that_a_probe_and_two_extractions_send_was_approved(iapro: Path, vaults: Vaults) -> None:
    with over_tds(iapro) as (url, server):
        with open_source(url) as source:
            site = probe(source).site
        vaults.fill(url, page=40)
        vaults.fill(url, page=40, night=1)
        approved = {said.text: said for said in every_statement(site, "mssql+pytds", page=40)}
        sent = {said.text for said in server.statements}
    assert sent <= set(approved)
    # Nor is more approved than is sent.
    assert {approved[text].name for text in set(approved) - sent} == set()


def site_of(file: Path) -> Site:
    with open_source(sqlite_url(file)) as source:
        return read_site(source)


def test_columns_that_a_site_does_not_have_are_not_asked_for(iapro: Path) -> None:
    change(iapro, "ALTER TABLE INCIDENTS DROP COLUMN WEATHER_CONDITION")
    texts = [said.text for said in every_statement(site_of(iapro), "sqlite")]
    assert not [text for text in texts if "WEATHER_CONDITION" in text]
    assert [text for text in texts if "LIGHT_CONDITION" in text]


def test_names_are_sent_as_the_site_spells_them_and_given_back_as_the_catalogue_does(iapro: Path) -> None:
    change(iapro, "ALTER TABLE INCIDENTS RENAME COLUMN STATUS TO status")
    change(iapro, "ALTER TABLE INCIDENTS RENAME TO incident_2")
    change(iapro, "ALTER TABLE incident_2 RENAME TO incidents")
    reading = of_range(site_of(iapro), catalogue()["INCIDENTS"])
    assert 'incidents.status AS "STATUS"' in str(reading.statement)
    assert "STATUS" in [column.name for column in reading.statement.selected_columns]


def test_children_are_not_asked_for_where_nothing_leads_to_them(iapro: Path) -> None:
    change(iapro, "DROP TABLE ASSOC_INC_OFF")
    names = {said.name for said in every_statement(site_of(iapro), "sqlite")}
    assert not {name for name in names if name.startswith(("ALLEGATIONS.range", "USES_OF_FORCE.list"))}
    assert "ASSOC_INC_CIT.range" in names


def test_a_site_without_labels_is_not_asked_for_them(iapro: Path) -> None:
    change(iapro, f"DROP TABLE {LABELS}")
    assert not [said for said in every_statement(site_of(iapro), "sqlite") if LABELS in said.text]
