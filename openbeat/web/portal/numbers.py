"""Numbers and dates as people in the United States write them, in English and in Spanish."""

from __future__ import annotations

from datetime import date, datetime

NO_BREAK = "\u00a0"
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
}


def number(value: float) -> str:
    """1,234 or 0.5: US Spanish writes them as English does."""
    return f"{value:,}"


def percent(share: float, language: str) -> str:
    """A share as a percentage with one decimal place: 12.3% or, in Spanish, 12.3 %."""
    return f"{share * 100:.1f}{NO_BREAK if language == 'es' else ''}%"


def size(count: int) -> str:
    """Bytes as people read them: 512 B, 3.4 kB, 12 MB."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    digits = 1 if unit != "B" and value < 9.95 else 0
    return f"{value:.{digits}f}{NO_BREAK}{unit}"


def day(when: date | str, language: str) -> str:
    """November 22, 2026 or 22 de noviembre de 2026."""
    one = as_date(when)
    name = MONTHS[language][one.month - 1]
    return f"{name} {one.day}, {one.year}" if language == "en" else f"{one.day} de {name} de {one.year}"


def month(when: str, language: str) -> str:
    """November 2026 or noviembre de 2026, of "2026-11"."""
    name = MONTHS[language][int(when[5:7]) - 1]
    return f"{name} {when[:4]}" if language == "en" else f"{name} de {when[:4]}"


def as_date(when: date | str) -> date:
    """The day of a date, a moment or its ISO text."""
    if isinstance(when, datetime):
        return when.date()
    return when if isinstance(when, date) else date.fromisoformat(when[:10])
