"""The words that people at the department write, drawn as often as they write them."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate

SYLLABLES = (
    "vel",
    "mor",
    "tan",
    "sel",
    "ord",
    "wick",
    "lom",
    "bri",
    "dun",
    "fen",
    "gar",
    "hol",
    "nor",
    "pel",
)


@cache
def lists() -> Mapping[str, Mapping[str, float | str]]:
    """Every list of words.toml: word -> how often, or word -> the word that goes with it."""
    return tomllib.loads(files("openbeat.synth.department").joinpath("words.toml").read_text("utf-8"))


@cache
def _drawn(name: str) -> tuple[Sequence[str], Sequence[float]]:
    found = lists()[name]
    return tuple(found), tuple(accumulate(float(weight) for weight in found.values()))


def pick(die: random.Random, name: str) -> str:
    """A word of the list `name`."""
    words, weights = _drawn(name)
    return die.choices(words, cum_weights=weights)[0]


def goes_with(name: str, word: str) -> str:
    """What the list `name` says for this word."""
    return str(lists()[name][word])


def invented_name(die: random.Random) -> tuple[str, str]:
    """A first and a last name that nobody has; both hold the token "canary", which leak tests look for."""
    first, last = ("".join(die.choices(SYLLABLES, k=length)) for length in (2, 3))
    return f"Canary{first}", f"Canary-{last.title()}"
