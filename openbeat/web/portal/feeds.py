"""What programs read: the catalogue as DCAT-US, the feed of releases, the site map, the state of health."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from openbeat.release.documents.dcat import catalog_1_1, catalog_3_0
from openbeat.release.objects import object_path
from openbeat.standards import LANGUAGES
from openbeat.web.portal.language import said, say
from openbeat.web.portal.page import Visit, pages, visit_of
from openbeat.web.portal.reading import all_datasets, published, release_of

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
NEWEST = 50  # releases in the feed


def dcat_us_1_1(request: HttpRequest) -> HttpResponse:
    """The catalogue as DCAT-US 1.1, which data.gov harvests."""
    return _catalogue(request, "dcat-us-1.1.json", catalog_1_1)


def dcat_us_3_0(request: HttpRequest) -> HttpResponse:
    """The catalogue as DCAT-US 3.0."""
    return _catalogue(request, "dcat-us-3.0.json", catalog_3_0)


def _catalogue(request: HttpRequest, name: str, catalog: Callable[..., Any]) -> HttpResponse:
    visit = visit_of(request, "en")
    records = [
        json.loads(object_path(visit.shelf, manifest.body["documents"][name]["object"]).read_bytes())
        for _, manifest in published(visit.shelf)
        if name in (manifest.body.get("documents") or {})
    ]
    response = JsonResponse(catalog(records, site=visit.site), json_dumps_params={"ensure_ascii": False})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def atom(request: HttpRequest) -> HttpResponse:
    """The newest releases and withdrawals, as an Atom feed."""
    visit = visit_of(request, "en")
    events = sorted(
        (
            (one.issued or "", dataset, one)
            for dataset in all_datasets(visit.shelf)[0]
            for one in dataset.versions
        ),
        key=lambda event: (event[0], event[1].agency, event[1].key, event[2].number),
        reverse=True,
    )[:NEWEST]
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    SubElement(feed, "title").text = say("en", "site.feed")
    SubElement(feed, "id").text = f"{visit.site}/feed.atom"
    SubElement(feed, "updated").text = _moment(events[0][0]) if events else visit.now.isoformat()
    SubElement(SubElement(feed, "author"), "name").text = "openbeat"
    SubElement(feed, "link", {"rel": "self", "href": f"{visit.site}/feed.atom"})
    SubElement(feed, "link", {"rel": "alternate", "href": f"{visit.site}/en/"})
    for issued, dataset, one in events:
        release = release_of(visit.shelf.root, dataset.agency, dataset.key, one.retracts or one.number)
        title, agency = said(release.body["title"], "en"), release.body["agency_facts"]["name"]
        key = "feed.withdrawn" if one.retracts is not None else "feed.released"
        version = str(one.retracts or one.number)
        address = f"{visit.site}/en/d/{dataset.agency}/{dataset.key}/v/{one.number}"
        entry = SubElement(feed, "entry")
        SubElement(entry, "title").text = say("en", key, title=title, agency=agency, version=version)
        SubElement(entry, "id").text = address
        SubElement(entry, "updated").text = _moment(issued)
        SubElement(entry, "link", {"rel": "alternate", "href": address})
        about = one.reason if one.retracts is not None else said(release.body["about"], "en")
        SubElement(entry, "summary").text = about
    return _xml(feed, "application/atom+xml; charset=utf-8")


def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page in every language, each with its translations."""
    visit = visit_of(request, "en")
    out = Element("urlset", {"xmlns": SITEMAP, "xmlns:xhtml": XHTML})
    for addresses in page_addresses(visit):
        for language in LANGUAGES:
            url = SubElement(out, "url")
            SubElement(url, "loc").text = f"{visit.site}{addresses[language]}"
            for other, address in addresses.items():
                link = {"rel": "alternate", "hreflang": other, "href": f"{visit.site}{address}"}
                SubElement(url, "xhtml:link", link)
    return _xml(out, "application/xml; charset=utf-8")


def page_addresses(visit: Visit) -> list[dict[str, str]]:
    """The address of every page in each language."""
    return [
        {language: reverse(page.key, kwargs={"language": language, **parts}) for language in LANGUAGES}
        for page in pages().values()
        for parts in page.addresses(visit.shelf)
    ]


def robots(request: HttpRequest) -> HttpResponse:
    """All may read all pages; the pictures and files are many, and the pages name them."""
    site = visit_of(request, "en").site
    text = f"User-agent: *\nDisallow: /charts/\n\nSitemap: {site}/sitemap.xml\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def health(request: HttpRequest) -> HttpResponse:
    """How many datasets can be read and which are damaged; 503 where none of them can be."""
    sound, damaged = all_datasets(visit_of(request, "en").shelf)
    told = {"datasets": len(sound), "damaged": ["/".join(names) for names in damaged]}
    response = JsonResponse(told, status=503 if damaged and not sound else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _moment(issued: str) -> str:
    return issued if "T" in issued else f"{issued}T00:00:00Z"


def _xml(root: Element, kind: str) -> HttpResponse:
    return HttpResponse(tostring(root, encoding="utf-8", xml_declaration=True), content_type=kind)
