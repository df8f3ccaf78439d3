"""A dataset: its newest standing release, and all there is to know before using it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openbeat.release.objects import Shelf
from openbeat.web.portal.describe import describe
from openbeat.web.portal.page import Absent, Page, Visit, Withdrawn
from openbeat.web.portal.reading import one_dataset, published


def dataset(visit: Visit, agency: str, dataset: str) -> dict[str, Any]:
    """The newest release; gone where every release was withdrawn."""
    found = one_dataset(visit.shelf, agency, dataset)
    if found is None:
        raise Absent
    if found.release is None:
        raise Withdrawn(found.versions[0].reason or "", dataset=found, newest=None)
    return describe(visit, found, found.release) | {"permanent_view": False}


def addresses(shelf: Shelf) -> Iterable[Mapping[str, Any]]:
    """Every dataset that has a standing release."""
    return (one.parts for one, _ in published(shelf))


page = Page(
    key="dataset",
    route="d/<slug:agency>/<slug:dataset>",
    answer=dataset,
    addresses=addresses,
)
