"""Every type of dataset that openbeat knows."""

from __future__ import annotations

from typing import Any

from openbeat.standards import standards
from openbeat.web.portal.page import Page, Visit
from openbeat.web.portal.reading import published


def all_standards(visit: Visit) -> dict[str, Any]:
    """Each dataset type with what it is, how many fields it has, and who publishes it here."""
    releases = [release for _, release in published(visit.shelf)]
    return {
        "standards": [
            {
                "key": one.key,
                "title": one.title[visit.language],
                "about": one.about[visit.language],
                "fields": sum(len(table.fields) for table in one.tables.values()),
                "releases": sum(release.body["standard"] == one.key for release in releases),
            }
            for one in standards().values()
        ]
    }


page = Page(key="standards", route="standards", answer=all_standards, menu=2)
