"""A first agency.toml for an IAPro site: what is known is written, the rest asked, no finding guessed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from openbeat.agency import load_agency
from openbeat.mapping.iapro_draft import Seen, draft_iapro, fillings
from openbeat.sources.iapro.catalogue import catalogue

TOP = """name = "Rivertown"
place = "Rivertown"
time_zone = "America/Chicago"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
contact = { name = "Desk", email = "desk@example.org" }
"""
SEEN = Seen(
    columns=frozenset(f"{name}.{column}" for name, one in catalogue().items() for column in one.asked),
    rows=dict.fromkeys(catalogue(), 100),
    labels={"INCIDENTS.UDTEXT24A": "District", "OFFICERS.UDTEXT24C": "Unit", "INCIDENTS.UDTEXT24F": "Zodiac"},
    words={
        "INCIDENTS.INCIDENT_TYPE": {
            "Use of force": 60,
            "Use of force ": 3,
            "Citizen complaint": 30,
            "MISC": 7,
        },
        "INCIDENTS.DISPOSITION": {"Sustained": 5, "Sustaned": 2, "Use Of Force Authorized": 50},
        "OFFICERS.RACE": {"White": 60, "BLACE": 2, "NULL": 3, "W": 1},
        "OFFICERS.TITLE": {"Sergeant": 5, "Canary, Jane": 1},
    },
    filled={"INCIDENTS.OCCURRED_TM": 0.4, "INCIDENTS.OCCURRED_DT": 0.99},
    nobody={"7": 12},
)


def draft(seen: Seen = SEEN) -> str:
    return draft_iapro(seen, slug="rivertown", variable="RIVERTOWN_IAPRO")


def finished(text: str, folder: Path) -> Path:
    """The draft with its top filled in, and every open question left open."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    file = folder / "rivertown" / "agency.toml"
    file.parent.mkdir()
    file.write_text(TOP + kept, "utf-8")
    return file


def test_with_its_top_filled_in_a_draft_is_an_agency_toml(tmp_path: Path) -> None:
    agency = load_agency(finished(draft(), tmp_path))
    assert agency.iapro is not None
    assert agency.iapro.database == "RIVERTOWN_IAPRO"
    assert agency.iapro.incident_types == {"Use of force": "use_of_force", "Citizen complaint": "complaints"}
    assert agency.iapro.placeholders == ("7",)
    assert agency.iapro.releasable == ("Completed",)
    assert set(agency.datasets) == {"use_of_force", "complaints", "workforce", "awards", "training"}
    force = agency.datasets["use_of_force"].tables["force"]
    assert force.vault == "iapro"
    assert force.fields["force_types"].split == "\n"
    assert force.fields["officer_age"].written == "years since"


def test_no_draft_ever_names_a_column_that_is_never_read() -> None:
    named = set(re.findall(r"\b([A-Z_]+\.[A-Z0-9_]+)\b", draft()))
    never = {f"{name}.{column}" for name, one in catalogue().items() for column in one.never}
    assert named
    assert not named & never


def test_user_defined_columns_go_by_what_the_site_calls_them(tmp_path: Path) -> None:
    datasets = load_agency(finished(draft(), tmp_path)).datasets
    force = datasets["use_of_force"].tables
    assert force["incidents"].fields["district"].columns == ("INCIDENTS.UDTEXT24A",)
    assert datasets["workforce"].tables["officers"].fields["unit"].columns == ("OFFICERS.UDTEXT24C",)
    assert "officer_unit" not in force["force"].fields  # the unit of today is not that of the day
    assert "UDTEXT24F" not in draft()


@pytest.mark.parametrize("words", ["codes.finding", "codes.force_finding", "codes.pursuit_finding"])
def test_the_meaning_of_a_finding_is_asked_and_never_guessed(words: str) -> None:
    section = draft().partition(f"[{words}]\n")[2].partition("\n\n")[0]
    asked = re.findall(r'^# decide: ".*" = "(.*)"', section, re.MULTILINE)
    assert set(asked) <= {"…"}


def test_a_slip_of_the_keys_elsewhere_is_guessed_and_marked() -> None:
    close = replace(SEEN, words={**SEEN.words, "OFFICERS.RACE": {"Whitee": 3}})
    assert '# decide: "Whitee" = "white"  # 3 rows' in draft(close)
    assert '"NULL" =' not in draft()


def test_words_that_look_like_names_are_not_shown() -> None:
    assert "Canary" not in draft()
    assert "words are not shown here" in draft()


def test_types_of_cases_without_a_known_dataset_are_asked_for() -> None:
    assert '# decide: "MISC" = "why no dataset has these 7 cases"' in draft()


def test_a_column_that_often_says_nothing_is_remarked_upon() -> None:
    lines = [line for line in draft().splitlines() if line.startswith("occurred_time")]
    assert lines
    assert all("says something in 40% of all rows" in line for line in lines)


def test_a_table_that_the_site_cannot_fill_is_left_out_and_named(tmp_path: Path) -> None:
    fewer = replace(
        SEEN, columns=frozenset(one for one in SEEN.columns if not one.startswith("ACTIONS_TAKEN."))
    )
    text = draft(fewer)
    assert "# [datasets.complaints.tables.actions]: this site has nothing for" in text
    assert "actions" not in load_agency(finished(text, tmp_path)).datasets["complaints"].tables


def test_how_fully_a_dataset_can_be_filled_is_counted_by_its_columns() -> None:
    made = {one.dataset: one for one in fillings(SEEN)}
    assert made["use_of_force"].cases == 63
    assert made["workforce"].cases is None
    assert made["use_of_force"].fields == made["use_of_force"].known
    assert made["use_of_force"].often_empty["incidents.occurred_time"] == 0.4
    assert "incidents.occurred_date" not in made["use_of_force"].often_empty
    none = replace(SEEN, columns=frozenset())
    assert {one.fields for one in fillings(none) if one.dataset == "workforce"} == {0}
