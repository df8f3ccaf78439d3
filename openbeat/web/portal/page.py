"""What a page is: an address, and a function that says what its template shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openbeat.errors import ShelfFault
from openbeat.registry import collect
from openbeat.release.objects import Shelf
from openbeat.standards import LANGUAGES
from openbeat.web.portal.language import NAMES
from openbeat.web.portal.reading import all_datasets


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One look at a page: whose language, which shelf, and when."""

    language: str
    query: Mapping[str, str]
    shelf: Shelf
    site: str
    now: datetime


def once(shelf: Shelf) -> Iterable[Mapping[str, Any]]:
    """The addresses of a page that stands in one place only."""
    return ({},)


@dataclass(frozen=True, kw_only=True)
class Page:
    """`route` is below /<language>/; `answer(visit, **parts of the route)` gives what <key>.html shows.

    `addresses` gives the parts of the route for every page that there is; `menu` its place in the menu.
    """

    key: str
    route: str
    answer: Callable[..., dict[str, Any]]
    addresses: Callable[[Shelf], Iterable[Mapping[str, Any]]] = once
    menu: int | None = None


class Absent(Exception):
    """There is no such page; the answer says what there is."""


class Withdrawn(Exception):
    """There was such a page; `reason` says why it is gone, and `context` what else to show."""

    def __init__(self, reason: str, **context: Any) -> None:
        self.reason, self.context = reason, context
        super().__init__(reason)


def pages() -> dict[str, Page]:
    """Every page of the portal, by key."""
    return collect("openbeat.web.portal.pages", Page)


def visit_of(request: HttpRequest, language: str) -> Visit:
    """The visit that a request is."""
    shelf = Shelf(root=settings.OPENBEAT_SHELF)
    now = datetime.now(UTC)
    return Visit(language=language, query=request.GET, shelf=shelf, site=settings.OPENBEAT_SITE, now=now)


def show(page: Page) -> Callable[..., HttpResponse]:
    """The page as Django calls it."""

    def view(request: HttpRequest, language: str, **parts: Any) -> HttpResponse:
        visit = visit_of(request, language)
        try:
            return shown(request, visit, page.key, page.answer(visit, **parts))
        except Absent:
            return absent(request, visit)
        except Withdrawn as error:
            return shown(request, visit, "withdrawn", {"reason": error.reason, **error.context}, status=410)

    return view


def shown(
    request: HttpRequest, visit: Visit, name: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The template `name` with its context and what every page has: language, menu, site."""
    below = request.path.removeprefix(f"/{visit.language}/") if status != 404 else ""
    query = f"?{request.GET.urlencode()}" if request.GET and status == 200 else ""
    everywhere = {
        "language": visit.language,
        "languages": [
            {"key": key, "name": NAMES[key], "address": f"/{key}/{below}{query}", "below": below}
            for key in LANGUAGES
        ],
        "menu": sorted((page for page in pages().values() if page.menu), key=lambda page: page.menu or 0),
        "page": name,
        "site": visit.site,
    }
    response = render(request, f"{name}.html", {**everywhere, **context}, status=status)
    response.headers["Content-Language"] = visit.language
    return response


def absent(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The page that says that there is no such page, and what there is."""
    try:
        found = all_datasets(visit.shelf)[0]
    except (ShelfFault, OSError):
        found = ()
    return shown(request, visit, "absent", {"datasets": found}, status=404)
