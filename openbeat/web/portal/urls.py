"""Every address of the portal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, re_path, register_converter

from openbeat.standards import LANGUAGES
from openbeat.web.portal import feeds, files, pictures
from openbeat.web.portal.language import preferred
from openbeat.web.portal.page import absent, pages, show, shown, visit_of


class Language:
    """The part of an address that names a language."""

    regex = "|".join(LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Language, "language")


def home(request: HttpRequest) -> HttpResponse:
    """The catalogue in the language that the browser prefers."""
    response = HttpResponseRedirect(f"/{preferred(request.headers.get('Accept-Language', ''))}/")
    response.headers["Vary"] = "Accept-Language"
    return response


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    return absent(request, visit_of(request, language_of(request)))


def handler500(request: HttpRequest) -> HttpResponse:
    """Something broke; the log has it."""
    return shown(request, visit_of(request, language_of(request)), "broken", {}, status=500)


def language_of(request: HttpRequest) -> str:
    """The language that the address names, or the browser prefers."""
    first = request.path.split("/")[1]
    return first if first in LANGUAGES else preferred(request.headers.get("Accept-Language", ""))


urlpatterns = [
    path("", home),
    *(path(f"<language:language>/{page.route}", show(page), name=page.key) for page in pages().values()),
    path("files/<slug:agency>/<slug:dataset>/latest/<str:name>", files.latest),
    path("files/<slug:agency>/<slug:dataset>/<int:version>/<str:name>", files.one_file),
    path("charts/<slug:agency>/<slug:dataset>/<int:version>/<str:name>", pictures.picture),
    path("data.json", feeds.dcat_us_1_1),
    path("dcat-us/3.0/data.json", feeds.dcat_us_3_0),
    path("feed.atom", feeds.atom),
    path("sitemap.xml", feeds.sitemap),
    path("robots.txt", feeds.robots),
    path("health", feeds.health),
    re_path(r"^(?P<language>en|es)$", lambda request, language: HttpResponseRedirect(f"/{language}/")),
]
