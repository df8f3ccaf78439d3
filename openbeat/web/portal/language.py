"""What the portal says, in the language of the page; every sentence stands in words.toml, whole."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from openbeat.standards import LANGUAGES
from openbeat.web.portal.numbers import number

HOME = Path(__file__).parent
NAMES = {"en": "English", "es": "Español"}


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by key, `section.name`, in each language."""
    sections = tomllib.loads((HOME / "words.toml").read_text("utf-8"))
    return {f"{section}.{name}": said for section, words in sections.items() for name, said in words.items()}


def say(language: str, key: str, **values: object) -> str:
    """The sentence `key` with its places filled in; whole numbers get their commas.

    Where `n` is 1 and there is a sentence `<key>_one`, that one.
    """
    if values.get("n") == 1 and f"{key}_one" in sentences():
        key = f"{key}_one"
    told = {
        name: number(value) if isinstance(value, int) else "" if value is None else value
        for name, value in values.items()
    }
    return sentences()[key][language].format(**told)


def named(language: str, key: str) -> str:
    """The word for a setting of a standard or release; its own name where there is none."""
    section, _, name = key.partition(".")
    found = sentences().get(f"{section}.{name.replace(' ', '_')}")
    return found[language] if found else name


def said(words: Mapping[str, str] | str | None, language: str) -> str:
    """A manifest's words in the language, or in the one that there is."""
    if words is None or isinstance(words, str):
        return words or ""
    return words.get(language) or next(iter(words.values()), "")


def preferred(accepted: str) -> str:
    """The portal's language that an Accept-Language header likes best; English where it likes none."""
    best, language = 0.0, LANGUAGES[0]
    for part in accepted.split(",")[:20]:
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if (primary := tag.strip().lower().split("-")[0]) in LANGUAGES and weight > best:
            best, language = weight, primary
    return language
