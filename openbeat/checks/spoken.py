"""What the checks say, in each language: a TOML file beside each module of checks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openbeat.standards import Words, words_of


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """The words of one check: what a finding means, what to do, and the sentences with its numbers."""

    about: Words
    remedy: Words
    says: Mapping[str, Words]


def spoken_in(module: str) -> Mapping[str, Spoken]:
    """The words of the checks of a module (its `__file__`), by check."""
    data = tomllib.loads(Path(module).with_suffix(".toml").read_text("utf-8"))
    return {
        key: Spoken(
            about=words_of(one["about"]),
            remedy=words_of(one["remedy"]),
            says={name: words_of(sentence) for name, sentence in one["says"].items()},
        )
        for key, one in data.items()
    }
