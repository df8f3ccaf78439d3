"""What openbeat is, how to read its numbers, and what it does to protect people."""

from __future__ import annotations

from typing import Any

from openbeat.web.portal.page import Page, Visit


def about(visit: Visit) -> dict[str, Any]:
    """Words only."""
    return {}


page = Page(key="about", route="about", answer=about, menu=3)
