"""What stands where a value should be, and cannot be read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Odd:
    """Why the words of a cell could not be read; never the words themselves."""

    kind: str
