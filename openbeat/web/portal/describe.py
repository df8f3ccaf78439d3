"""What a page says about one release: every part of it in the page's language, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from openbeat.release.documents.licences import spdx_of
from openbeat.release.documents.wording import TYPES, precision_of, words_for
from openbeat.release.formats import row_formats
from openbeat.release.shelf import Manifest
from openbeat.standards import standards
from openbeat.web.portal.account import account_of
from openbeat.web.portal.downloads import Offer, offers
from openbeat.web.portal.freshness import freshness
from openbeat.web.portal.language import named, said, say
from openbeat.web.portal.months import months_of, months_sentence
from openbeat.web.portal.numbers import day, month, number
from openbeat.web.portal.page import Visit
from openbeat.web.portal.pictures import places_in
from openbeat.web.portal.places import ByPlace, Grid
from openbeat.web.portal.rates import rates_of
from openbeat.web.portal.reading import Dataset

LEVELS = "BWS"  # what blocks first, what scores last
PROGRAMS = (".json", ".cff")  # endings of documents that people do not read


def describe(visit: Visit, dataset: Dataset, manifest: Manifest) -> dict[str, Any]:
    """All that the dataset page shows of the release `manifest`."""
    body, language = manifest.body, visit.language
    facts = body["agency_facts"]
    permanent = reverse("version", kwargs={"language": language, **dataset.parts, "number": manifest.version})
    here = f"{dataset.agency}/{dataset.key}/{manifest.version}"
    offered = offers(manifest)
    return {
        "dataset": dataset,
        "number": manifest.version,
        "newest": dataset.release.version if dataset.release else None,
        "title": said(body["title"], language),
        "about": said(body["about"], language),
        "caution": said(body["caution"], language),
        "notes": said(body.get("notes"), language),
        "agency": facts,
        "introduction": said(facts.get("introduction"), language),
        "issued_day": day(body["issued"], language),
        "period": period_of(body, language),
        "partial": month(body["partial_from"], language) if body.get("partial_from") else "",
        "gaps": ", ".join(month(one, language) for one in body.get("gaps") or ()),
        "breaks": [
            (day(one["on"], language), said(one["says"], language)) for one in body.get("breaks") or ()
        ],
        "waiting": sum(one["cases"] for one in body["pending"]),
        "pending": [(said(one["title"], language), one["cases"]) for one in body["pending"]],
        "policies": body.get("policies") or [],
        "terms": body.get("terms") or [],
        "fresh": fresh_words(visit, body),
        "licence": {"url": body["licence"], "name": licence_name(body["licence"])},
        "tables": [_table(visit, manifest, key, here, offered) for key in body["tables"]],
        "rates": [
            {
                "rate": rate,
                "pictures": f"/charts/{here}/rates-{rate.key}",
                "offers": [
                    offered[name] for name in (f"{rate.key}.csv", f"{rate.key}.parquet") if name in offered
                ],
            }
            for rate in rates_of(body, language)
        ],
        "denominators": body.get("denominators") or [],
        "findings": _findings(body, language),
        "code_lists": _code_lists(body, language),
        "documents": _documents(body, offered, language, programs=False),
        "programs": _documents(body, offered, language, programs=True),
        "files": f"/files/{here}",
        "versions": dataset.versions,
        "changes": body.get("changes") or {},
        "changes_offer": offered.get("changes.csv"),
        "permanent": permanent,
        "content_sha256": body.get("content_sha256") or manifest.sha256,
        "citation": say(
            language,
            "cite.text",
            agency=facts["name"],
            title=said(body["title"], language),
            version=str(manifest.version),
            issued=day(body["issued"], language),
            address=f"{visit.site}{permanent}",
            hash=body.get("content_sha256") or manifest.sha256,
        ),
    }


def fresh_words(visit: Visit, body: Mapping[str, Any]) -> dict[str, Any]:
    """When it came, how often it was to come, and whether it is late."""
    found = freshness(body, visit.now)
    return {
        "late": bool(found.late),
        "issued": day(found.issued, visit.language),
        "promise": found.promise(visit.language),
        "state": found.state(visit.language),
    }


def period_of(body: Mapping[str, Any], language: str) -> str:
    """From the first to the last day that the records are of; empty where they have no dates."""
    if not body.get("period"):
        return ""
    first, last = (day(one, language) for one in body["period"])
    return say(language, "dataset.period", first=first, last=last)


def licence_name(url: str) -> str:
    """What people call the licence; its address where we know no name."""
    return spdx_of(url) or url


def _table(
    visit: Visit, manifest: Manifest, key: str, here: str, offered: Mapping[str, Offer]
) -> dict[str, Any]:
    table, language = manifest.body["tables"][key], visit.language
    places = places_in(visit.shelf.root, manifest, key)
    return {
        "key": key,
        "title": said(table["title"], language),
        "grain": said(table["grain"], language),
        "rows": table["rows"],
        "primary": table["key"],
        "refers": list((table.get("refers") or {}).items()),
        "account": account_of(table["account"], _cases(manifest.body["standard"], key, language)),
        "months": months_of(manifest.body, key),
        "months_sentence": months_sentence(manifest.body, key, language),
        "months_pictures": f"/charts/{here}/months-{key}",
        "places": _places(places, said(table["title"], language), language),
        "places_pictures": f"/charts/{here}/places-{key}",
        "columns": [_column(one, table["rows"], language) for one in table["columns"]],
        "offers": [
            (named(language, f"get.{ending.replace('.', '_')}"), offered[f"{key}.{ending}"])
            for ending in ("csv", "parquet", *(form.ending for form in row_formats().values()))
            if f"{key}.{ending}" in offered
        ],
    }


def _cases(standard: str, table: str, language: str) -> dict[str, str]:
    """What the standard says of each case that it protects further."""
    known = standards()[standard].tables if standard in standards() else {}
    cases = known[table].sensitive if table in known else ()
    return {case.key: case.about[language] for case in cases}


def _places(found: Grid | ByPlace | None, title: str, language: str) -> dict[str, Any] | None:
    match found:
        case None:
            return None
        case Grid():
            fullest = sorted(found.cells, key=lambda one: -one[2])[:25]
            return {
                "grid": True,
                "sentence": say(
                    language, "map.grid", title=title, n=found.placed, side=number(int(found.side))
                ),
                "outside": found.outside,
                "unplaced": found.unplaced,
                "rows": [(*(f"{part:.4f}" for part in found.centre(x, y)), rows) for x, y, rows in fullest],
                "squares": len(found.cells),
            }
        case ByPlace():
            field = named(language, f"place.{found.field}")
            return {
                "grid": False,
                "sentence": say(language, "map.places", title=title, field=field),
                "field": field,
                "unplaced": found.unplaced,
                "others": found.others,
                "other_places": found.other_places,
                "rows": found.places,
            }


def _column(column: Mapping[str, Any], rows: int, language: str) -> dict[str, Any]:
    return {
        "name": column["name"],
        "kind": words_for(TYPES, column["kind"])[language],
        "about": said(column["about"], language),
        "unit": named(language, f"unit.{column['unit']}") if column.get("unit") else "",
        "publish": precision_of(column)[language],
        "privacy": named(language, f"privacy.{column['privacy']}"),
        "codes": column.get("codes"),
        "separator": column.get("separator"),
        "missing": column.get("missing") or 0,
        "missing_share": (column.get("missing") or 0) / rows if rows else 0.0,
    }


def _findings(body: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    found = [
        {
            "level": one["level"],
            "level_word": named(language, f"level.{one['level']}"),
            "where": ", ".join(part for part in (one.get("table"), one.get("field")) if part),
            "says": said(one["says"], language),
            "about": said(one.get("about"), language),
            "remedy": said(one.get("remedy"), language),
            "accepted": said(one.get("accepted"), language),
            "count": one["count"],
            "among": one["among"],
        }
        for one in body.get("findings") or ()
        if one["count"]
    ]
    # What is wrong with rows comes before what is missing around them.
    return sorted(found, key=lambda one: (LEVELS.find(one["level"]), not one["where"]))


def _code_lists(body: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "title": said(one["title"], language),
            "about": said(one["about"], language),
            "source": one.get("source") or "",
            "codes": [
                (code, said(meaning["title"], language), said(meaning["about"], language))
                for code, meaning in one["codes"].items()
            ],
        }
        for key, one in (body.get("code_lists") or {}).items()
    ]


def _documents(
    body: Mapping[str, Any], offered: Mapping[str, Offer], language: str, *, programs: bool
) -> list[tuple[str, Offer]]:
    rows = {f"{key}.{ending}" for key in body["tables"] for ending in ("csv", "parquet")}
    rows |= {f"{key}.{ending}" for key in body.get("derived") or () for ending in ("csv", "parquet")}
    return [
        (_document_title(name, language), offer)
        for name, offer in offered.items()
        if name not in rows and offer.table is None and name.endswith(PROGRAMS) == programs
    ]


def _document_title(name: str, language: str) -> str:
    key = name.replace(".", "_").replace("-", "_").lower()
    if (title := named(language, f"document.{key}")) != key:
        return title
    if name.endswith(".csv-metadata.json"):
        return say(language, "document.csvw", name=name.removesuffix(".csv-metadata.json"))
    return say(language, "document.other", name=name)
