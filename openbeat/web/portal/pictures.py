"""The pictures of a release and the numbers behind each, at addresses of their own.

/charts/<agency>/<dataset>/<version>/<kind>-<key>.<language>.<light|dark>.<wide|narrow>.svg
/charts/<agency>/<dataset>/<version>/<kind>-<key>.csv
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from openbeat.release.objects import Shelf, object_path
from openbeat.release.shelf import Manifest
from openbeat.web.portal.charts import months_chart, places_chart, rates_chart
from openbeat.web.portal.files import standing
from openbeat.web.portal.headers import FILE_POLICY
from openbeat.web.portal.maps import draw_map
from openbeat.web.portal.months import months_of
from openbeat.web.portal.page import visit_of
from openbeat.web.portal.places import ByPlace, Grid, places_of
from openbeat.web.portal.rates import rates_of
from openbeat.web.portal.reading import release_of

NAME = re.compile(
    r"(?P<kind>months|rates|places)-(?P<key>[a-z0-9_]{1,120})"
    r"(?:\.(?P<language>en|es)\.(?P<shade>light|dark)\.(?P<shape>wide|narrow)\.svg|\.csv)"
)
A_DAY = "public, max-age=86400"  # how a release is drawn may change with openbeat


def picture(request: HttpRequest, agency: str, dataset: str, version: int, name: str) -> HttpResponse:
    """One picture, or the numbers behind it."""
    shelf = visit_of(request, "en").shelf
    found = NAME.fullmatch(name)
    gone = standing(shelf, agency, dataset, version)
    if gone is not None:
        return gone
    if not found:
        raise Http404
    drawn = drawing(shelf.root, agency, dataset, version, **found.groupdict())
    if drawn is None:
        raise Http404
    kind = "image/svg+xml" if found["language"] else "text/csv; charset=utf-8; header=present"
    response = HttpResponse(drawn, content_type=kind)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = A_DAY
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@lru_cache(maxsize=500)
def drawing(
    root: Path,
    agency: str,
    dataset: str,
    version: int,
    kind: str,
    key: str,
    language: str | None,
    shade: str | None,
    shape: str | None,
) -> str | None:
    """The picture as SVG or, without a language, its numbers as CSV; None where there is nothing to draw."""
    manifest = release_of(root, agency, dataset, version)
    if kind == "rates":
        return _rates(manifest, key, language, shade, shape)
    if key not in manifest.body["tables"]:
        return None
    if kind == "months":
        return _months(manifest, key, language, shade, shape)
    return _places(root, manifest, key, language, shade, shape)


def _months(
    manifest: Manifest, table: str, language: str | None, shade: str | None, shape: str | None
) -> str | None:
    months = months_of(manifest.body, table)
    if not months:
        return None
    if not (language and shade and shape):
        state = {True: "incomplete", False: "whole"}
        lines = (
            (one.key, one.rows, "no records" if one.rows is None else state[one.partial]) for one in months
        )
        return _csv(["month", "rows", "state"], lines)
    breaks = [one["on"] for one in manifest.body.get("breaks") or ()]
    return months_chart(months, breaks, language=language, shade=shade, shape=shape)


def _rates(
    manifest: Manifest, key: str, language: str | None, shade: str | None, shape: str | None
) -> str | None:
    rate = next((one for one in rates_of(manifest.body, language or "en") if one.key == key), None)
    if rate is None or not rate.shown or not (language and shade and shape):
        return None  # its numbers are a file of the release
    return rates_chart(rate.shown, language=language, shade=shade, shape=shape)


def _places(
    root: Path, manifest: Manifest, table: str, language: str | None, shade: str | None, shape: str | None
) -> str | None:
    found = places_in(root, manifest, table)
    match found:
        case None:
            return None
        case Grid() if not (language and shade and shape):
            lines = ((*(f"{part:.5f}" for part in found.centre(x, y)), rows) for x, y, rows in found.cells)
            return _csv(["latitude", "longitude", "rows"], lines)
        case ByPlace() if not (language and shade and shape):
            return _csv([found.field, "rows"], found.places)
        case Grid():
            return draw_map(found, language=language or "", shade=shade or "", shape=shape or "")
        case ByPlace():
            return places_chart(found.places, language=language or "", shade=shade or "", shape=shape or "")


def places_in(root: Path, manifest: Manifest, table: str) -> Grid | ByPlace | None:
    """Where the rows of one table of a release lie."""
    files = manifest.body["tables"][table]["files"]
    return (
        places_of(object_path(Shelf(root=root), files["parquet"]["object"])) if "parquet" in files else None
    )


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue()
