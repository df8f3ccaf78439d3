"""What every answer says to the browser: nothing from elsewhere, nothing evaluated, nothing remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def with_headers(answer: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The middleware that sets them; an answer that has set one itself keeps it."""
    secure = settings.OPENBEAT_SITE.startswith("https://")

    def answered(request: HttpRequest) -> Any:
        request.get_host()  # refuses a host that is not ours, also where nobody asks for it
        response: HttpResponse = answer(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cache-Control", "public, max-age=60")
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return answered
