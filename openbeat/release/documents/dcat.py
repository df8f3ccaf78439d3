"""`dcat-us-1.1.json` and `dcat-us-3.0.json`: the record of the release that data catalogues harvest.

Sources: resources.data.gov/resources/dcat-us (1.1) and resources.data.gov/dcat-us/3.0.0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openbeat.release.documents.document import Document, DocumentContext, as_json
from openbeat.release.documents.wording import synthetic_note

SCHEMA_1_1 = "https://project-open-data.cio.gov/v1.1/schema"
SCHEMA_3_0 = "https://resources.data.gov/dcat-us/3.0.0"
THEME = "Public Safety"
# What 3.0 calls the usual frequencies; the others are written as repeating intervals.
FREQUENCIES: Mapping[str, str] = {
    "P1D": "daily",
    "P1W": "weekly",
    "P7D": "weekly",
    "P1M": "monthly",
    "P3M": "quarterly",
    "P6M": "biannually",
    "P1Y": "annually",
}


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """A file of rows that can be downloaded."""

    name: str
    title: str
    about: str
    media_type: str
    format: str
    object: str
    bytes: int
    described_by: str


def catalog_1_1(records: Iterable[Mapping[str, Any]], *, site: str) -> dict[str, Any]:
    """`/data.json`: a DCAT-US 1.1 catalogue of these records; `site` is where the portal is."""
    return {
        "@context": f"{SCHEMA_1_1}/catalog.jsonld",
        "@id": f"{site}/data.json",
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA_1_1,
        "describedBy": f"{SCHEMA_1_1}/catalog.json",
        "dataset": list(records),
    }


def catalog_3_0(records: Iterable[Mapping[str, Any]], *, site: str) -> dict[str, Any]:
    """`/dcat-us/3.0/data.json`: a DCAT-US 3.0 catalogue of these records; `site` is where the portal is."""
    return {
        "@id": f"{site}/dcat-us/3.0/data.json",
        "@type": "Catalog",
        "title": "Open police data",
        "conformsTo": {"@type": "Standard", "title": "DCAT-US 3.0", "identifier": SCHEMA_3_0},
        "homepage": {"@type": "Document", "title": "Open police data", "accessURL": f"{site}/"},
        "language": ["en", "es"],
        "dataset": list(records),
    }


def dataset_1_1(context: DocumentContext) -> dict[str, Any]:
    """The record of a release in DCAT-US 1.1, for an agency that is not federal."""
    body, facts = context.body, context.body["agency_facts"]
    record = {
        "@type": "dcat:Dataset",
        "identifier": context.landing_page,
        "title": _title(context),
        "description": _description(context)[:10_000],
        "keyword": _keywords(context),
        "modified": body["issued"],
        "issued": body["issued"],
        "publisher": {"@type": "org:Organization", "name": facts["name"]},
        "contactPoint": {"@type": "vcard:Contact", **_contact(facts)},
        "accessLevel": "public",
        "accrualPeriodicity": f"R/{body['frequency']}",
        "describedBy": context.address("dictionary.json"),
        "describedByType": "application/json",
        "landingPage": context.landing_page,
        "language": [facts["language"]],
        "license": body["licence"],
        "references": _references(context),
        "spatial": facts["place"],
        "theme": [THEME],
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": offer.title,
                "description": offer.about,
                "downloadURL": context.address(offer.name),
                "mediaType": offer.media_type,
                "format": offer.format,
                "describedBy": context.address(offer.described_by),
                "describedByType": "application/csvm+json",
            }
            for offer in _offers(context)
        ],
    }
    return record | ({"temporal": "/".join(body["period"])} if body["period"] else {})


def dataset_3_0(context: DocumentContext) -> dict[str, Any]:
    """The record of a release in DCAT-US 3.0."""
    body, facts = context.body, context.body["agency_facts"]
    periods = [dict(zip(("startDate", "endDate"), body["period"], strict=True))] if body["period"] else []
    return {
        "@id": context.landing_page,
        "@type": "Dataset",
        "identifier": context.landing_page,
        "title": _title(context),
        "description": _description(context),
        "keyword": _keywords(context),
        "version": str(context.version),
        "modified": body["issued"],
        "issued": body["issued"],
        "publisher": {"@type": "Organization", "name": facts["name"]},
        "contactPoint": [{"@type": "Kind", **_contact(facts)}],
        "accessRights": "public",
        "accrualPeriodicity": FREQUENCIES.get(body["frequency"], f"R/{body['frequency']}"),
        "describedBy": {
            "@type": "Distribution",
            "title": "Data dictionary",
            "downloadURL": context.address("dictionary.json"),
            "mediaType": "application/json",
        },
        "landingPage": _document(_title(context), context.landing_page),
        "language": [facts["language"]],
        "page": [_document("Related document", address) for address in _references(context)],
        "scopeNote": body["caution"]["en"],
        "spatial": [{"@type": "Location", "prefLabel": facts["place"]}],
        "temporal": [{"@type": "PeriodOfTime", **period} for period in periods],
        "theme": [{"@type": "Concept", "prefLabel": THEME}],
        "distribution": [
            {
                "@type": "Distribution",
                "title": offer.title,
                "description": offer.about,
                "downloadURL": context.address(offer.name),
                "mediaType": offer.media_type,
                "format": offer.format,
                "byteSize": str(offer.bytes),
                "checksum": {"algorithm": "SHA-256", "checksumValue": offer.object[:64]},
                "issued": body["issued"],
                "license": body["licence"],
            }
            for offer in _offers(context)
        ],
    }


def _offers(context: DocumentContext) -> Iterator[_Offer]:
    kinds = {"csv": ("text/csv", "CSV"), "parquet": ("application/vnd.apache.parquet", "Parquet")}
    for name, table in context.all_tables.items():
        for ending in sorted(kinds.keys() & table["files"].keys()):
            media_type, form = kinds[ending]
            yield _Offer(
                name=f"{name}.{ending}",
                title=f"{table['title']['en']} ({form})",
                about=(table.get("grain") or table["caution"])["en"],
                media_type=media_type,
                format=form,
                described_by=f"{name}.csv-metadata.json",
                object=table["files"][ending]["object"],
                bytes=table["files"][ending]["bytes"],
            )


def _title(context: DocumentContext) -> str:
    return f"{context.body['title']['en']}: {context.body['agency_facts']['name']}"


def _description(context: DocumentContext) -> str:
    body = context.body
    said = [synthetic_note(body), body["about"], body["caution"], body["notes"]]
    return " ".join(one["en"] for one in said if one)


def _keywords(context: DocumentContext) -> list[str]:
    words = ["police", *context.body["keywords"]]
    return list(
        dict.fromkeys(words + (["synthetic data"] if context.body["agency_facts"]["synthetic"] else []))
    )


def _contact(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"fn": facts["contact"]["name"], "hasEmail": f"mailto:{facts['contact']['email']}"}


def _references(context: DocumentContext) -> list[str]:
    return [context.address(name) for name in ("datapackage.json", "dictionary.md", "quality.md")]


def _document(title: str, address: str) -> dict[str, str]:
    return {"@type": "Document", "title": title, "accessURL": address}


record_1_1 = Document(
    key="dcat_us_1_1",
    name="dcat-us-1.1.json",
    render=lambda context: {"dcat-us-1.1.json": as_json(dataset_1_1(context))},
)
record_3_0 = Document(
    key="dcat_us_3_0",
    name="dcat-us-3.0.json",
    render=lambda context: {"dcat-us-3.0.json": as_json(dataset_3_0(context))},
)
