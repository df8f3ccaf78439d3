"""The files of a release, as HTTP has it: entity tags, byte ranges, HEAD, for pages of any other site too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.http import http_date

from openbeat.release.objects import Shelf
from openbeat.web.portal.downloads import etag, offers, path_of
from openbeat.web.portal.headers import FILE_POLICY
from openbeat.web.portal.page import visit_of
from openbeat.web.portal.reading import one_dataset, release_of

BLOCK = 1 << 18  # bytes
FOREVER = "public, max-age=31536000, immutable"
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
SEEN = "ETag, Content-Length, Content-Range, Accept-Ranges, Content-Disposition, Last-Modified"


def latest(request: HttpRequest, agency: str, dataset: str, name: str) -> HttpResponse:
    """The address of the file in the newest release."""
    found = one_dataset(visit_of(request, "en").shelf, agency, dataset)
    if found is None or found.release is None:
        raise Http404
    response = HttpResponseRedirect(f"/files/{agency}/{dataset}/{found.release.version}/{name}")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def standing(shelf: Shelf, agency: str, dataset: str, version: int) -> HttpResponse | None:
    """None where the version stands, else the answer that says why not; Http404 where it never was."""
    found = one_dataset(shelf, agency, dataset)
    one = found.version(version) if found else None
    if one is None or one.retracts is not None:
        raise Http404
    if one.withdrawn is None:
        return None
    response = HttpResponse(
        f"This version was withdrawn: {one.withdrawn}\n", status=410, content_type="text/plain; charset=utf-8"
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def one_file(request: HttpRequest, agency: str, dataset: str, version: int, name: str) -> HttpResponse:
    """One file of one version, whole or in part."""
    if request.method == "OPTIONS":
        return _for_all(HttpResponse(status=204))
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])
    shelf = visit_of(request, "en").shelf
    gone = standing(shelf, agency, dataset, version)
    if gone is not None:
        return gone
    manifest = release_of(shelf.root, agency, dataset, version)
    offer = offers(manifest).get(name)
    if offer is None:
        raise Http404
    tag = etag(offer, manifest)
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]:
        response = HttpResponse(status=304)
    else:
        response = _part(request, path_of(shelf, manifest, offer), tag, offer.media_type)
    issued = datetime.fromisoformat(manifest.body["issued"])
    way = "inline" if _readable(offer.media_type) else "attachment"
    told = {
        "ETag": tag,
        "Last-Modified": http_date(issued.timestamp()),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'{way}; filename="{agency}_{dataset}_v{version}_{name}"',
        "Cache-Control": FOREVER,
        "Content-Security-Policy": FILE_POLICY,
    }
    for header, value in told.items():
        response.headers[header] = value
    return _for_all(response)


def _part(request: HttpRequest, path: Path, tag: str, media_type: str) -> HttpResponse:
    total = path.stat().st_size
    wanted = _range(request, total, tag)
    if wanted == "beyond":
        response = HttpResponse(status=416)
        response.headers["Content-Range"] = f"bytes */{total}"
        return response
    if isinstance(wanted, tuple):
        first, last = wanted
        blocks = _blocks(path.open("rb"), first, last - first + 1) if request.method == "GET" else ()
        response = StreamingHttpResponse(blocks, status=206, content_type=media_type)
        response.headers["Content-Range"] = f"bytes {first}-{last}/{total}"
        response.headers["Content-Length"] = str(last - first + 1)
        return response
    if request.method == "HEAD":
        response = HttpResponse(content_type=media_type)
        response.headers["Content-Length"] = str(total)
        return response
    response = FileResponse(path.open("rb"), content_type=media_type)
    response.headers["Content-Length"] = str(total)
    return response


def _range(request: HttpRequest, total: int, tag: str) -> tuple[int, int] | str | None:
    """First and last byte that are wanted; "beyond" for none that there are; None for all of them."""
    found = RANGE.fullmatch(request.headers.get("Range", "").strip())
    # Several ranges at once, or a tag of other bytes: the whole file is the right answer to both.
    if not found or found.groups() == ("", "") or request.headers.get("If-Range", tag) != tag:
        return None
    start, end = found.groups()
    if not start:
        first, last = max(total - int(end), 0), total - 1
        return (first, last) if int(end) and total else "beyond"
    first, last = int(start), min(int(end or total), total - 1)
    if end and int(end) < first:
        return None
    return (first, last) if first < total else "beyond"


def _blocks(file: BinaryIO, start: int, count: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while count > 0 and (block := file.read(min(BLOCK, count))):
            count -= len(block)
            yield block


def _readable(media_type: str) -> bool:
    """Whether a browser may show it; rows are for keeping."""
    kind = media_type.split(";")[0]
    return kind.endswith("json") or (kind.startswith("text/") and kind not in ("text/csv", "text/html"))


def _for_all(response: HttpResponse) -> HttpResponse:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "Range, If-Range, If-None-Match"
    response.headers["Access-Control-Expose-Headers"] = SEEN
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
