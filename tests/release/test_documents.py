"""The documents of a release, read by the programs that others read them with."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from bodies import SITE, SUBJECTS, context_of, force_body, publish_force
from csvw import CSVW
from frictionless import Package
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from openbeat.release.documents import DocumentContext, documents, render_documents
from openbeat.release.documents.dcat import catalog_1_1, catalog_3_0
from openbeat.release.documents.licences import spdx_of
from openbeat.release.documents.markdown import share
from openbeat.release.documents.quality import unaccounted
from openbeat.release.folder import write_folder
from openbeat.release.shelf import Shelf, open_shelf

BIN = Path(sys.executable).parent


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(tmp_path / "shelf")


@pytest.fixture
def context(shelf: Shelf) -> DocumentContext:
    return context_of(force_body(shelf))


@pytest.fixture
def folder(shelf: Shelf, tmp_path: Path) -> Path:
    """The release as anyone downloads it."""
    into = tmp_path / "out"
    write_folder(shelf, publish_force(shelf), into)
    return into


def rendered(context: DocumentContext, name: str) -> Any:
    return json.loads(render_documents(context)[name])


# By others' programs


def frictionless(folder: Path) -> list[str]:
    """What it finds wrong with the package, having read every file."""
    report = Package(str(folder / "datapackage.json")).validate()
    return [error.type for errors in (report, *report.tasks) for error in errors.errors]


def csvw(file: Path) -> list[str]:
    """What csvw finds wrong with the tables that a metadata file describes."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            found = CSVW(str(file), validate=True)
            faults = [] if found.is_valid else ["invalid"]
        except ValueError as error:
            return [str(error)]
    return [str(warning.message) for warning in (*met, *found.warnings)] + faults


def test_frictionless_reads_every_table_of_the_package_and_finds_nothing_wrong(folder: Path) -> None:
    command = [str(BIN / "frictionless"), "validate", "datapackage.json", "--json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    verdict = json.loads(run.stdout)
    assert verdict["valid"], verdict
    rows = {task["name"]: task["stats"]["rows"] for task in verdict["tasks"]}
    assert rows == {"incidents": 3, "subjects": 3, "force_rate": 2}


@pytest.mark.parametrize(
    ("file", "old", "new", "wrong"),
    [
        ("subjects.csv", "black", "blank", "constraint-error"),  # no code of the list
        ("subjects.csv", "hands|taser", "hands|tasre", "constraint-error"),  # one of several that is none
        ("subjects.csv", '"a3"', '"a9"', "foreign-key"),  # no such incident
        ("subjects.csv", '"a1",2', '"a1",1', "primary-key"),  # the same person twice
        ("incidents.csv", "44.978", "94.978", "constraint-error"),  # off the globe
        ("incidents.csv", "2024-01-05", "05/01/2024", "type-error"),
        ("incidents.csv", "true", "oui", "type-error"),
    ],
)
def test_frictionless_and_csvw_both_notice_a_cell_that_the_package_does_not_allow(
    folder: Path, file: str, old: str, new: str, wrong: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    assert wrong in frictionless(folder)
    assert csvw(folder / f"{file}-metadata.json") != []


def test_frictionless_notices_a_file_that_is_not_the_one_published(folder: Path) -> None:
    assert frictionless(folder) == []
    with (folder / "subjects.csv").open("a", encoding="utf-8") as file:
        file.write('"a3",2,"white","25-34","hands"\n')
    assert set(frictionless(folder)) == {"hash-count", "byte-count"}


@pytest.mark.parametrize("table", ["incidents", "subjects", "force_rate", "all"])
def test_csvw_accepts_each_table_with_its_metadata(folder: Path, table: str) -> None:
    assert csvw(folder / ("csv-metadata.json" if table == "all" else f"{table}.csv-metadata.json")) == []


def test_csvw_takes_a_cell_of_several_codes_apart(folder: Path) -> None:
    rows = {
        str(table.url): list(table) for table in CSVW(str(folder / "subjects.csv-metadata.json")).t.tables
    }
    subjects = rows["subjects.csv"]
    assert [row["force"] for row in subjects] == [["hands", "taser"], [], ["taser"]]
    assert [row["person_no"] for row in subjects] == [row["person_no"] for row in SUBJECTS]


def dcat_validator(schemas: Path, name: str) -> Draft202012Validator:
    """data.gov's own schema of this version and kind."""
    files = [json.loads(file.read_bytes()) for file in sorted(schemas.glob("*.json"))]
    known = Registry().with_resources(
        (one["$id"].removesuffix("#"), DRAFT202012.create_resource(one)) for one in files
    )
    schema = json.loads((schemas / name).read_bytes())
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, registry=known, format_checker=checker)


def faults(validator: Draft202012Validator, record: Mapping[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(record)]


@pytest.fixture(params=["as it is", "with nothing that may be missing"])
def either(request: pytest.FixtureRequest, context: DocumentContext) -> DocumentContext:
    """A release that says all it can, and one that says the least."""
    if request.param == "as it is":
        return context
    bare = {"homepage": None, "synthetic": False}
    facts = {**context.body["agency_facts"], **bare}
    less: dict[str, Any] = {
        "notes": None,
        "period": None,
        "partial_from": None,
        "keywords": [],
        "gaps": [],
        "breaks": [],
    }
    body = {**context.body, **less, "agency_facts": facts, "frequency": "P2W", "derived": {}, "findings": []}
    return context_of(body)


def test_data_gov_accepts_the_record_in_dcat_us_1_1(shared: Path, either: DocumentContext) -> None:
    schemas = shared / "fixtures/schemas/dcatus1.1"
    record = rendered(either, "dcat-us-1.1.json")
    dataset = Draft202012Validator(
        json.loads((schemas / "non-federal_dataset.json").read_bytes()),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    catalog = json.loads((schemas / "catalog.json").read_bytes())
    inside = json.loads((schemas / "non-federal_dataset.json").read_bytes())
    known = Registry().with_resource(
        "https://project-open-data.cio.gov/v1.1/schema/dataset.json",
        DRAFT202012.create_resource(inside),
    )
    assert faults(dataset, record) == []
    whole = catalog_1_1([record, record], site=SITE)
    assert faults(Draft202012Validator(catalog, registry=known), whole) == []
    assert faults(dataset, {key: record[key] for key in record if key != "contactPoint"}) != []


def test_data_gov_accepts_the_record_in_dcat_us_3_0(shared: Path, either: DocumentContext) -> None:
    schemas = shared / "fixtures/schemas/dcatus3.0/definitions"
    record = rendered(either, "dcat-us-3.0.json")
    dataset, catalog = (dcat_validator(schemas, name) for name in ("Dataset.json", "Catalog.json"))
    assert faults(dataset, record) == []
    assert faults(catalog, catalog_3_0([record], site=SITE)) == []
    assert faults(catalog, catalog_3_0([{**record, "temporal": "2024"}], site=SITE)) != []


def test_the_citation_file_says_what_the_format_asks_for(context: DocumentContext) -> None:
    # Required keys, forms and names: citation-file-format, guide to schema 1.2.0.
    cff = yaml.safe_load(render_documents(context)["CITATION.cff"])
    assert {"cff-version", "message", "title", "authors"} <= cff.keys()
    assert (cff["cff-version"], cff["type"], cff["license"]) == ("1.2.0", "dataset", "CC0-1.0")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", cff["date-released"])
    assert cff["authors"][0].keys() <= {"name", "email", "website"}
    assert cff["identifiers"][0].keys() == {"type", "value", "description"}


@pytest.mark.parametrize("title", ['"; rm: {', "a: b # c", "Ü\u2028line\x7f\t'", "- x\n- y", "\U0001f46e"])
def test_a_title_of_any_signs_survives_the_citation_file(context: DocumentContext, title: str) -> None:
    body = {**context.body, "title": {"en": title, "es": title}}
    assert yaml.safe_load(render_documents(context_of(body))["CITATION.cff"])["title"] == title


# What they say


def test_the_same_release_gives_the_same_bytes_whatever_order_its_manifest_is_read_in(
    context: DocumentContext,
) -> None:
    turned = json.loads(json.dumps(context.body), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    turned["tables"] = {name: turned["tables"][name] for name in context.body["tables"]}
    turned["code_lists"] = context.body["code_lists"]
    for name in turned["tables"]:
        turned["tables"][name]["account"] = context.body["tables"][name]["account"]
    assert render_documents(context_of(turned)) == render_documents(context)


def test_every_document_is_utf_8_and_ends_with_one_line_break(context: DocumentContext) -> None:
    for name, data in render_documents(context).items():
        assert data.decode().endswith("\n"), name
        assert not data.endswith(b"\n\n"), name


def test_a_key_with_empty_cells_is_not_called_a_key(shelf: Shelf) -> None:
    body = force_body(shelf, subjects=[*SUBJECTS, {**SUBJECTS[0], "incident_id": None}])
    schema = {
        one["name"]: one["schema"] for one in rendered(context_of(body), "datapackage.json")["resources"]
    }
    assert "primaryKey" not in schema["subjects"]
    assert "foreignKeys" not in schema["subjects"]
    assert schema["incidents"]["primaryKey"] == ["incident_id"]
    field = schema["subjects"]["fields"][0]
    assert "required" not in field["constraints"]


def test_an_age_that_left_as_a_range_has_no_limits_of_a_number(context: DocumentContext) -> None:
    resource = rendered(context, "datapackage.json")["resources"][1]
    fields = {one["name"]: one for one in resource["schema"]["fields"]}
    assert fields["age_range"]["constraints"] == {}


def test_the_dictionary_holds_every_column_and_every_code_in_both_languages(context: DocumentContext) -> None:
    files = render_documents(context)
    rows = list(csv.DictReader(files["dictionary.csv"].decode().splitlines()))
    for name, table in context.body["tables"].items():
        for column in table["columns"]:
            for page, language in (("dictionary.md", "en"), ("diccionario.md", "es")):
                assert f"| `{column['name']}` |" in files[page].decode()
                assert column["about"][language].replace("_", "\\_") in files[page].decode()
            listed = [row for row in rows if (row["table"], row["column"]) == (name, column["name"])]
            codes = context.body["code_lists"].get(column["codes"], {"codes": {}})["codes"]
            assert {row["code"] for row in listed} == {"", *codes}
            assert listed[0]["definition_es"] == column["about"]["es"]


def test_words_of_the_agency_cannot_become_markup_in_the_pages(context: DocumentContext) -> None:
    page = render_documents(context)["dictionary.md"].decode()
    assert "\\<b\\>only\\</b\\> \\| see \\*policy\\*" in page
    assert "<b>" not in page


def test_the_quality_report_says_where_every_row_went(context: DocumentContext) -> None:
    account = rendered(context, "quality.json")["tables"]["incidents"]["account"]
    assert (account["read"], account["published"], account["unaccounted"]) == (6, 3, 0)
    page = render_documents(context)["quality.md"].decode()
    for line in (
        "| Read from the agency's records | 6 |",
        "| Refused, because they cannot be read or used: no key | −1 |",
        "| Withheld to protect people: too few alike | −2 |",
        "| **Published** | **3** |",
        "| Not accounted for | 0 |",
    ):
        assert line in page


def test_rows_that_nobody_accounts_for_are_counted_in_the_open(context: DocumentContext) -> None:
    account = context.body["tables"]["incidents"]["account"]
    assert unaccounted({**account, "read": account["read"] + 2, "unpacked": 5}) == 7


def test_months_that_are_missing_partial_or_outside_are_told_apart(
    context: DocumentContext,
) -> None:
    page = render_documents(context)["quality.md"].decode()
    assert "| 2024 | 1 | gap | 2\\* |  |" in page


def test_a_finding_comes_with_its_explanation_and_what_to_do(context: DocumentContext) -> None:
    page = render_documents(context)["calidad.md"].decode()
    assert "**Q3** Advertencia. falta la raza" in page
    assert "Qué hacer: pregunte a los oficiales" in page


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 5, "0.0%"),
        (5, 5, "100.0%"),
        (4, 12_925, r"\<0.1%"),
        (12_924, 12_925, r"\>99.9%"),
        (1, 3, "33.3%"),
        (0, 0, "–"),
    ],
)
def test_some_are_never_shown_as_none_nor_most_as_all(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


def test_synthetic_data_are_called_so_in_every_document_that_people_read(context: DocumentContext) -> None:
    files = render_documents(context)
    for name in ("dictionary.md", "quality.md", "citation.txt", "CITATION.cff", "dcat-us-1.1.json"):
        assert "Synthetic data" in files[name].decode(), name
    assert "Datos sintéticos" in files["diccionario.md"].decode()
    facts = {**context.body["agency_facts"], "synthetic": False}
    real = render_documents(context_of({**context.body, "agency_facts": facts}))
    assert not any(b"ynthetic data" in data or "sintéticos".encode() in data for data in real.values())


def test_the_citation_names_agency_title_version_day_page_and_content(context: DocumentContext) -> None:
    english, spanish = render_documents(context)["citation.txt"].decode().split("\n\n")
    for part in ("Ferndale Police Department", "(2026)", "Use of force", "version 3", "2026-11-22", "c" * 64):
        assert part in english
    assert f"{SITE}/es/d/ferndale/use_of_force/v/3" in spanish


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/legalcode.es", "CC0-1.0"),
        ("https://www.creativecommons.org/licenses/by/4.0/deed.en", "CC-BY-4.0"),
        ("https://opendatacommons.org/licenses/by/1-0/", "ODC-By-1.0"),
        ("https://opendatacommons.org/licenses/pddl/1-0", "PDDL-1.0"),
        ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
        ("https://creativecommons.org/licenses/by-nd/4.0/", None),
        ("https://example.org/our-terms", None),
    ],
)
def test_a_licence_is_known_by_its_address_however_it_is_written(url: str, name: str | None) -> None:
    assert spdx_of(url) == name


def test_a_licence_of_the_agency_s_own_is_given_by_its_address(context: DocumentContext) -> None:
    own = context_of({**context.body, "licence": "https://example.org/terms"})
    assert rendered(own, "datapackage.json")["licenses"] == [{"path": "https://example.org/terms"}]
    assert yaml.safe_load(render_documents(own)["CITATION.cff"])["license-url"] == "https://example.org/terms"


def test_every_document_has_a_key_and_a_name_of_its_own() -> None:
    found = documents()
    assert {"datapackage", "csvw", "dcat_us_1_1", "dcat_us_3_0", "dictionary", "quality", "citation"} <= set(
        found
    )
    assert len({one.name for one in found.values()}) == len(found)
