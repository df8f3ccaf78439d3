"""Where every row went, from the agency's file to the published table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the account; `key` is its sentence, `reason` what the agency or openbeat gave as such."""

    key: str
    rows: int
    reason: str = ""
    sign: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The lines in order; `difference` is what they leave unexplained, 0 where they add up."""

    lines: tuple[Line, ...]
    coarsened: tuple[tuple[str, int], ...]
    ignored: tuple[tuple[str, str], ...]
    difference: int


def account_of(told: Mapping[str, Any], cases: Mapping[str, str]) -> Account:
    """The account of a table, as its manifest tells it; `cases` says what its protected cases are."""
    refused, withheld = dict(told.get("refused") or {}), dict(told.get("withheld") or {})
    coarsened: Mapping[str, int] = told.get("coarsened") or {}
    read, unpacked, published = told["read"], told.get("unpacked") or 0, told["published"]
    lines = [
        Line(key="account.read", rows=read),
        *([Line(key="account.unpacked", rows=unpacked, sign="+")] if unpacked else []),
        *(Line(key="account.refused", rows=rows, reason=why, sign="\u2212") for why, rows in refused.items()),
        *(
            Line(key="account.withheld", rows=rows, reason=why, sign="\u2212")
            for why, rows in withheld.items()
        ),
        Line(key="account.published", rows=published, sign="="),
    ]
    return Account(
        lines=tuple(lines),
        coarsened=tuple((cases.get(key, key).rstrip("."), rows) for key, rows in coarsened.items()),
        ignored=tuple((told.get("ignored_columns") or {}).items()),
        difference=read + unpacked - sum(refused.values()) - sum(withheld.values()) - published,
    )
