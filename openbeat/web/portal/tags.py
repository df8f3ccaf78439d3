"""What templates can say: `say` for sentences, and filters for the words and numbers of a release."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from django import template

from openbeat.web.portal import language, numbers

register = template.Library()


def say(context: dict[str, Any], key: str, **values: object) -> str:
    """The sentence `key` in the language of the page."""
    return language.say(context["language"], key, **values)


@cache
def static_file(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    content = (language.HOME / f"static/{name}").read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def number(value: float | None) -> str:
    """A number with its commas; nothing where there is none."""
    return "" if value is None else numbers.number(value)


def web(address: str | None) -> str:
    """The address if it is one of the web, else one that leads nowhere: `javascript:` runs nothing here."""
    return address if address and address.startswith(("https://", "http://")) else "#"


register.simple_tag(say, takes_context=True)
register.simple_tag(static_file)
register.filter("said", language.said)
register.filter("number", number)
register.filter("web", web)
register.filter("size", numbers.size)
register.filter("day", numbers.day)
register.filter("month", numbers.month)
register.filter("percent", numbers.percent)
