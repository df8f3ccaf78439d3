"""What every statistic says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbeat.registry import collect
from openbeat.standards import Words


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """A pure function, and what must stand beside each number that it gives."""

    key: str
    title: Words
    caution: Words
    compute: Callable[..., Any]


def statistics() -> Mapping[str, Statistic]:
    """Every statistic, by key."""
    return collect("openbeat.stats", Statistic)
