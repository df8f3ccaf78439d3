"""The catalogue: every dataset that is published here, by agency, and a search over what they say."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from openbeat.release.shelf import Manifest
from openbeat.web.portal.describe import fresh_words, period_of
from openbeat.web.portal.language import said
from openbeat.web.portal.page import Page, Visit
from openbeat.web.portal.reading import Dataset, all_datasets

LONGEST = 200  # letters of a search


def catalogue(visit: Visit) -> dict[str, Any]:
    """The cards that match the search, by agency; all of them without one."""
    query = visit.query.get("q", "")[:LONGEST].strip()
    datasets, damaged = all_datasets(visit.shelf)
    standing = [(one, one.release) for one in datasets if one.release]
    wanted = plain(query).split()
    found = [
        _card(visit, dataset, release)
        for dataset, release in standing
        if all(word in searched(release) for word in wanted)
    ]
    found.sort(key=lambda card: (card["agency"]["name"], card["title"]))
    groups = [
        {"agency": cards[0]["agency"], "cards": cards}
        for cards in (list(group) for _, group in groupby(found, key=lambda card: card["agency"]["slug"]))
    ]
    return {
        "query": query,
        "groups": groups,
        "found": len(found),
        "datasets": len(standing),
        "agencies": len({one.agency for one, _ in standing}),
        "damaged": damaged,
        "withdrawn": [one for one in datasets if not one.release],
    }


def _card(visit: Visit, dataset: Dataset, release: Manifest) -> dict[str, Any]:
    body = release.body
    return {
        "parts": dataset.parts,
        "agency": body["agency_facts"],
        "title": said(body["title"], visit.language),
        "about": said(body["about"], visit.language),
        "period": period_of(body, visit.language),
        "rows": sum(table["rows"] for table in body["tables"].values()),
        "fresh": fresh_words(visit, body),
    }


def searched(release: Manifest) -> str:
    """Everything that a search looks into, in small letters without accents."""
    return plain("\n".join(_texts(release.body)))


def plain(text: str) -> str:
    """The text without accents and capitals: "Detención" becomes "detencion"."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in spread if not unicodedata.combining(sign)).casefold()


def _texts(body: Any) -> Iterator[str]:
    facts = body["agency_facts"]
    yield from (body["standard"], facts["name"], facts["place"], facts["slug"], *body.get("keywords", ()))
    yield from (*body["title"].values(), *body["about"].values(), *body.get("terms", ()))
    for table in body["tables"].values():
        yield from table["title"].values()
        for column in table["columns"]:
            yield from (column["name"], column["name"].replace("_", " "), *column["about"].values())


page = Page(key="catalogue", route="", answer=catalogue, menu=1)
