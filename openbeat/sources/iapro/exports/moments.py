"""Dates and times as exports write them, in the one way that the live tables have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f")
NO_DATE = "1900-01-01"  # what IAPro puts before a time of day
MILLISECONDS = re.compile(r"-?[0-9]{10,14}")
SHORT_OFFSET = re.compile(r"(:[0-9]{2}[+-][0-9]{2})$")  # "+00", as ArcGIS writes it


@lru_cache(maxsize=65_536)
def moment(text: str, formats: Sequence[str], time_zone: str) -> str | None:
    """ "YYYY-MM-DD HH:MM:SS" in local time, or None where the text is not a moment in any of the formats.

    A format without a date gives a time of day on 1900-01-01. A moment with an offset from UTC, or in
    milliseconds since 1970 as ArcGIS has them, is moved into the time zone.
    """
    if MILLISECONDS.fullmatch(text):
        return _local(datetime.fromtimestamp(int(text) / 1000, UTC), time_zone)
    whole = SHORT_OFFSET.sub(r"\g<1>00", text)
    for form in (*ISO, *formats):
        try:
            found = datetime.strptime(whole, form)
        except ValueError:
            continue
        if found.tzinfo is not None:
            return _local(found, time_zone)
        return f"{found:%Y-%m-%d %H:%M:%S}" if "%d" in form else f"{NO_DATE} {found:%H:%M:%S}"
    return None


def _local(found: datetime, time_zone: str) -> str:
    return f"{found.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S}"
