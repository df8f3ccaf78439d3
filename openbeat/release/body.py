"""The body of a release's manifest: all that a reader needs to know, in plain JSON, without another file."""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from openbeat.agency import Agency, Dataset
from openbeat.checks import checks
from openbeat.protect import reduced_detail_about
from openbeat.stages import REDUCED, Finding, StagedTable
from openbeat.standards import CodeList, Field, Standard, code_lists
from openbeat.standards.model import BETWEEN_CODES

# What changes from run to run although nothing that a reader relies on has changed.
PASSING = frozenset({"issued", "findings", "input", "made_by", "changes", "documents", "content_sha256"})


def facts(agency: Agency, dataset: Dataset, standard: Standard, now: datetime) -> dict[str, Any]:
    """What the agency and the standard say of the dataset."""
    title = dataset.title or standard.title
    return {
        "kind": "release",
        "issued": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "standard": standard.key,
        "title": title.as_dict(),
        "about": standard.about.as_dict(),
        "caution": standard.caution.as_dict(),
        "notes": dataset.notes.as_dict() if dataset.notes else None,
        "terms": list(standard.terms),
        "keywords": list(standard.keywords),
        "opd": standard.opd,
        "denominators": list(standard.denominators),
        "policies": [
            {
                "topic": one.topic,
                "title": one.title,
                "url": one.url,
                "effective": one.effective.isoformat(),
                "until": one.until.isoformat() if one.until else None,
            }
            for one in agency.policies
            if one.topic in standard.policies
        ],
        "agency_facts": {
            "slug": agency.slug,
            "name": agency.name,
            "place": agency.place,
            "ori": agency.ori,
            "time_zone": agency.time_zone,
            "homepage": agency.homepage,
            "language": agency.language,
            "synthetic": agency.synthetic,
            "contact": asdict(agency.contact),
            "introduction": agency.introduction.as_dict() if agency.introduction else None,
            "introduced_by": agency.introduced_by,
            "complaint_process": agency.complaint_process,
            "reviewed_by": agency.reviewed_by,
            "reviewed_on": agency.reviewed_on.isoformat() if agency.reviewed_on else None,
        },
        "licence": agency.licence,
        "frequency": dataset.frequency,
        "next_release": dataset.next_release.isoformat() if dataset.next_release else None,
        "breaks": [{"on": one.on.isoformat(), "says": one.says.as_dict()} for one in dataset.breaks],
        "gaps": list(dataset.gaps),
    }


def pending(dataset: Dataset, tables: Mapping[str, StagedTable]) -> list[dict[str, Any]]:
    """How many cases cannot be released yet, by the state of their review: "in the pipe".

    The source counts them where it knows the cases, the same for every table; else the agency says it.
    """
    counted = next((staged.pending for staged in tables.values() if staged.pending), {})
    states = code_lists()["review_status"].codes
    return [
        {
            "state": state,
            "title": states[state].title.as_dict() if state in states else {"en": state, "es": state},
            "cases": cases,
        }
        for state, cases in sorted({**dataset.pending, **counted}.items())
    ]


def column(field: Field, staged: StagedTable, policy: Mapping[str, str], missing: int) -> dict[str, Any]:
    """What a published column holds, how precisely, and how often it is empty."""
    source = next(
        (f for f in staged.standard.fields.values() if f.into == field.key and f.key in policy), field
    )
    return {
        "name": field.key,
        "kind": field.type,
        "type": field.stored_as,
        "about": field.about.as_dict(),
        "unit": field.unit,
        "codes": field.codes.key if field.codes else None,
        "separator": BETWEEN_CODES if field.type == "codes" else None,
        "privacy": field.privacy,
        "publish": policy.get(source.key, "exact"),
        "required": field.required,
        "missing": missing,
        "minimum": field.minimum,
        "maximum": field.maximum,
    }


def reduced_column(missing: int) -> dict[str, Any]:
    """The column that says why a row says less than others."""
    return {
        "name": REDUCED,
        "kind": "text",
        "type": "string",
        "about": reduced_detail_about.as_dict(),
        "unit": None,
        "codes": None,
        "separator": BETWEEN_CODES,
        "privacy": "open",
        "publish": "exact",
        "required": False,
        "missing": missing,
        "minimum": None,
        "maximum": None,
    }


def code_lists_of(standard: Standard, used: Sequence[str]) -> dict[str, Any]:
    """The meaning of every code of the lists that the columns use."""
    lists: dict[str, CodeList] = {
        field.codes.key: field.codes
        for table in standard.tables.values()
        for field in table.fields.values()
        if field.codes and field.codes.key in used
    }
    return {
        key: {
            "title": one.title.as_dict(),
            "about": one.about.as_dict(),
            "source": one.source,
            "codes": {
                code.key: {"title": code.title.as_dict(), "about": code.about.as_dict()}
                for code in one.codes.values()
            },
        }
        for key, one in sorted(lists.items())
    }


def account(staged: StagedTable) -> dict[str, Any]:
    """Where every row and every column went."""
    return asdict(staged.account) | {"ignored_columns": dict(staged.ignored_columns)}


def findings(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """What the checks found, with what to do about it."""
    known = checks()
    return [
        {
            "check": one.check,
            "level": one.level,
            "table": one.table,
            "field": one.field,
            "count": one.count,
            "among": one.among,
            "says": one.says.as_dict(),
            "about": known[one.check].about.as_dict(),
            "remedy": known[one.check].remedy.as_dict(),
            "accepted": one.accepted,
        }
        for one in sorted(found, key=lambda one: (one.check, one.table or "", one.field or ""))
    ]


def partial_from(last: date) -> str | None:
    """The month that had not ended when the records did."""
    if last.day == calendar.monthrange(last.year, last.month)[1]:
        return None
    return last.replace(day=1).isoformat()


def content_hash(body: Mapping[str, Any]) -> str:
    """A hash of all that a reader relies on; the same again means that there is nothing to publish."""
    lasting = {key: value for key, value in body.items() if key not in PASSING}
    lasting["tables"] = {
        name: {key: value for key, value in table.items() if key != "files"}
        for name, table in body["tables"].items()
    }
    lasting["derived"] = {
        name: {key: value for key, value in table.items() if key != "files"}
        for name, table in body["derived"].items()
    }
    text = json.dumps(lasting, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
