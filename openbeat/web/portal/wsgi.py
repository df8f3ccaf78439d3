"""What granian calls; `server.serve` sets the environment that the settings are made from."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from openbeat.web.portal.settings import HOME, portal_settings

A_YEAR = 365 * 24 * 3600  # seconds; a static file's address changes with its content

settings.configure(**portal_settings(os.environ))
django.setup()
application = WhiteNoise(
    get_wsgi_application(),
    root=HOME / "static",
    prefix="static/",
    max_age=A_YEAR,
    add_headers_function=lambda headers, path, url: headers.add_header("X-Content-Type-Options", "nosniff"),
)
