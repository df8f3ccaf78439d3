"""What Django is told, made from three environment variables that `server.serve` sets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOME = Path(__file__).parent
SHELF, SITE, HOST = "OPENBEAT_SHELF", "OPENBEAT_SITE", "OPENBEAT_HOST"


def portal_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Django's settings for the shelf, public address and network address that the environment names."""
    site = environment[SITE].rstrip("/")
    names = {urlsplit(site).hostname, environment.get(HOST), "localhost", "127.0.0.1", "[::1]"}
    return {
        "OPENBEAT_SHELF": Path(environment[SHELF]),
        "OPENBEAT_SITE": site,
        "DEBUG": False,
        "SECRET_KEY": secrets.token_urlsafe(50),  # nothing is signed, so no process needs another's
        "ALLOWED_HOSTS": sorted(name for name in names if name),
        "ROOT_URLCONF": "openbeat.web.portal.urls",
        "MIDDLEWARE": [
            "openbeat.web.portal.headers.with_headers",
            "django.middleware.http.ConditionalGetMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HOME / "pages", HOME / "parts"],
                "OPTIONS": {"builtins": ["openbeat.web.portal.tags"]},
            }
        ],
        "USE_I18N": False,  # pages speak from words.toml
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "APPEND_SLASH": False,
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {"class": "logging.StreamHandler"}},
            "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
        },
    }
