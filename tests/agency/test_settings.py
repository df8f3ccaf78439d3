"""agency.toml is read strictly: whatever it says wrongly is named, all at once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeat.agency import Agency, load_agency
from openbeat.errors import WrongSettings

GOOD = """
name = "Police Department of Smallville"
place = "Smallville, Kansas"
time_zone = "America/Chicago"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
contact = { name = "Records", email = "records@example.org" }

[officers]
names = "never"
linked = { conduct = ["stops", "use_of_force"] }

[datasets.stops]
frequency = "P1M"
breaks = [{ on = 2016-01-01, en = "New form.", es = "Formulario nuevo." }]

[datasets.stops.tables.stops]
files = ["stops_*.csv"]
rows = { least = 10 }

[datasets.stops.tables.stops.fields]
stop_id = "No"
occurred_date = { from = ["Day", "DAY_"], format = ["%m/%d/%Y", "%Y-%m-%d"] }
search_basis = { flags = { Consent = "consent" } }
stop_type = { value = "vehicle" }

[datasets.stops.tables.stops.codes.subject_race]
BLK = "black"

[datasets.stops.tables.stops.ignored_columns]
Officer = "name of a person"
"""


def load(folder: Path, text: str, slug: str = "smallville_ks") -> Agency:
    (folder / slug).mkdir(exist_ok=True)
    (folder / slug / "agency.toml").write_text(text, "utf-8")
    return load_agency(folder / slug / "agency.toml")


def test_a_good_file_becomes_an_agency(tmp_path: Path) -> None:
    agency = load(tmp_path, GOOD)
    table = agency.datasets["stops"].tables["stops"]
    assert (agency.slug, agency.time_zone, agency.contact.email) == (
        "smallville_ks",
        "America/Chicago",
        "records@example.org",
    )
    assert table.fields["occurred_date"].columns == ("Day", "DAY_")
    assert table.fields["stop_id"].looks_at == ("No",)
    assert agency.linkage_group("stops") == agency.linkage_group("use_of_force") == "conduct"
    assert agency.linkage_group("complaints") == "complaints"


WRONG = {
    "a misspelt setting": ('licence = "h', 'lisence = "h', "did you mean 'licence'"),
    "an unknown zone": (
        "America/Chicago",
        "America/Smallville",
        "time_zone 'America/Smallville' is not known",
    ),
    "a folder that is no zone": ("America/Chicago", "America", "time_zone 'America' is not known"),
    "an unknown dataset": ("[datasets.stops]", "[datasets.stop]", "did you mean 'stops'"),
    "an unknown table": ("stops.tables.stops]", "stops.tables.stop]", "has no table called so: did you mean"),
    "a bad frequency": ('"P1M"', '"monthly"', "frequency 'monthly' is no ISO 8601 duration"),
    "an empty frequency": ('"P1M"', '""', "is no ISO 8601 duration"),
    "an unknown field": ('stop_id = "No"', 'stopid = "No"', "no field 'stopid': did you mean 'stop_id'"),
    "an unknown code": ('BLK = "black"', 'BLK = "blak"', "no code 'blak': did you mean 'black'"),
    "an unknown code of a flag": (
        'Consent = "consent"',
        'Consent = "concent"',
        "no code 'concent': did you mean",
    ),
    "an unknown code for every row": (
        'value = "vehicle"',
        'value = "vehical"',
        "no code 'vehical': did you mean",
    ),
    "codes of a field without codes": ("codes.subject_race", "codes.stop_id", "there is no code 'black'"),
    "a misspelt setting of a field": (
        "format = [",
        "formats = [",
        "no setting 'formats': did you mean 'format'",
    ),
    "a format that does not exist": ("%m/%d/%Y", "%m/%d/%Q", "cannot be read back as a date"),
    "a format without a year": ("%m/%d/%Y", "%m/%d", "cannot be read back as a date"),
    "two ways at once": (
        '{ value = "vehicle" }',
        '{ value = "vehicle", from = "Kind" }',
        "say exactly one of",
    ),
    "no way at all": ('{ value = "vehicle" }', "{ row = false }", "say exactly one of"),
    "an unknown zone of a field": ("format = [", 'zone = "Mars", format = [', "zone 'Mars' is not known"),
    "an unknown way of writing": ("format = [", 'written = "utm", format = [', "written 'utm' is none of"),
    "flags of a field without codes": (
        'stop_id = "No"',
        'location = { flags = { A = "x" } }',
        "only a coded field",
    ),
    "names of officers": ('names = "never"', 'names = "always"', 'can only be "never"'),
    "a column left out without a reason": (
        '"name of a person"',
        '" "',
        "'Officer' is left out without a reason",
    ),
    "a column both used and left out": ("Officer = ", "No = ", "'No' is both used and ignored"),
    "neither files nor a database": (
        'files = ["stops_*.csv"]',
        "",
        "name either files, a database or the vault",
    ),
    "a number where text belongs": ('name = "Police', 'place = 7\nname = "Police', "is not TOML"),
    "a table where a list belongs": ('["stops_*.csv"]', '{ a = "b" }', "files should be a list"),
    "one language only": (', es = "Formulario nuevo."', "", "say it in both languages"),
    "a day in quotes": ("2016-01-01", '"2016-01-01"', "is no date: write 2027-01-31, without quotes"),
}


@pytest.mark.parametrize(("was", "now", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, now: str, says: str) -> None:
    assert was in GOOD
    with pytest.raises(WrongSettings) as stopped:
        load(tmp_path, GOOD.replace(was, now, 1) if "stops.tables" not in was else GOOD.replace(was, now))
    assert says in str(stopped.value)


def test_words_of_a_list_hold_wherever_it_is_used_unless_the_field_says_otherwise(tmp_path: Path) -> None:
    shared = '[codes.race]\nBLK = "other"\nZ = "asian"\n[ignored_words.race]\nQ = "noise"\n[datasets.stops]'
    text = GOOD.replace("[datasets.stops]", shared, 1).replace(
        'stop_id = "No"', 'stop_id = "No"\nsubject_race = "Race"'
    )
    table = load(tmp_path, text).datasets["stops"].tables["stops"]
    assert table.codes["subject_race"]["Z"] == "asian"
    assert table.codes["subject_race"]["BLK"] == "black"
    assert table.ignored_words["subject_race"]["Q"] == "noise"
    assert "stop_id" not in table.codes


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("America/Chicago", "Mars").replace('"P1M"', '"weekly"').replace('"black"', '"blak"')
    with pytest.raises(WrongSettings) as stopped:
        load(tmp_path, text)
    assert all(one in str(stopped.value) for one in ("'Mars'", "'weekly'", "'blak'"))


def test_a_file_that_is_not_there_or_no_toml_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="openbeat agency draft"):
        load_agency(tmp_path / "nobody" / "agency.toml")
    with pytest.raises(WrongSettings, match="is not TOML"):
        load(tmp_path, "name = \n")


def test_the_folder_must_be_a_short_plain_name(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="use small letters, digits and _"):
        load(tmp_path, GOOD, slug="Small Ville")


VALUES = [
    '"x"',
    "7",
    "true",
    "2016-01-01",
    "[1]",
    '["x"]',
    "[{ a = 1 }]",
    '{ a = "b" }',
    "{ stops = 3 }",
    "{ stop_id = [] }",
]
PLACES = {
    "": "name place time_zone licence contact datasets language introduction policies officers protection",
    "[officers]\n": "names linked",
    "[protection]\n": "small_cells precision",
    "[datasets.stops]\n": "title notes frequency next_release breaks gaps pending accept tables",
    "[datasets.stops.tables.stops]\n": "files shape missing rows fields codes ignored_columns ignored_rows",
    "[datasets.stops.tables.stops.fields]\n": "stop_id occurred_date search_basis",
    "[datasets.stops.tables.stops.fields.stop_id]\n": "from together flags value row format zone split",
}
SETTINGS = [(head, key) for head, keys in PLACES.items() for key in keys.split()]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SETTINGS), st.sampled_from(VALUES))
def test_a_value_of_the_wrong_kind_is_a_fault_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, setting: tuple[str, str], value: str
) -> None:
    head, key = setting
    basic = GOOD.split("[officers]")[0]
    others = [line for line in basic.splitlines() if head or not line.startswith(f"{key} ")]
    text = "\n".join([*others, f"{head}{key} = {value}", ""])
    with suppress(WrongSettings):
        assert isinstance(load(tmp_path_factory.getbasetemp(), text), Agency)
