"""One version of a dataset at its permanent address: as published on that day, or why it was withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openbeat.release.objects import Shelf
from openbeat.web.portal.describe import describe
from openbeat.web.portal.page import Absent, Page, Visit, Withdrawn
from openbeat.web.portal.reading import all_datasets, one_dataset, release_of


def version(visit: Visit, agency: str, dataset: str, number: int) -> dict[str, Any]:
    """The release of that number; a withdrawn one is gone, and the withdrawal itself says the same."""
    found = one_dataset(visit.shelf, agency, dataset)
    one = found.version(number) if found else None
    if found is None or one is None:
        raise Absent
    newest = found.release.version if found.release else None
    if one.retracts is not None or one.withdrawn is not None:
        gone = one.retracts or one.number
        raise Withdrawn(one.reason or one.withdrawn or "", dataset=found, newest=newest, number=gone)
    return describe(visit, found, release_of(visit.shelf.root, agency, dataset, number)) | {
        "permanent_view": True
    }


def addresses(shelf: Shelf) -> Iterable[Mapping[str, Any]]:
    """Every version that stands."""
    return (
        {**dataset.parts, "number": one.number}
        for dataset in all_datasets(shelf)[0]
        for one in dataset.versions
        if one.retracts is None and one.withdrawn is None
    )


page = Page(
    key="version",
    route="d/<slug:agency>/<slug:dataset>/v/<int:number>",
    answer=version,
    addresses=addresses,
)
