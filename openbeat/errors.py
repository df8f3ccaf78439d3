"""Every error a user can meet:

* OpenBeatError         says where, what is wrong, and what to do next
  - UnreadableSource    a file, archive or database cannot be read as what it claims to be
    - ConnectionLost    the connection to a database broke; the same may succeed if it is tried again
  - WrongSettings       agency.toml, openbeat.toml or a standard says something that cannot be meant
  - UnknownColumns      a source has columns that nobody has mapped or ignored with a reason
  - UnknownCodes        a coded column holds words that nobody has given a meaning
  - Blocked             a blocking check found something; nothing was published
  - NotEnoughData       a statistic is undefined for these counts
  - ShelfFault          the shelf of releases is damaged, or somebody else holds what is wanted
  - VaultFault          the confidential vault is damaged, its key is wrong, or what it is given is refused
  - RefusedDelivery     records that were handed in are not what their protocol says; none of them was kept
  - Retracted           this version of a release was withdrawn

A message may name a file, a row number, a column and a code; never the value of a direct, sensitive or
free-text field.
"""

from __future__ import annotations

from collections.abc import Sequence


class OpenBeatError(Exception):
    """Something that a user can put right: where it is, what it is, and what to do next."""

    def __init__(self, problem: str, *, where: str, remedies: Sequence[str]) -> None:
        self.problem, self.where, self.remedies = problem, where, tuple(remedies)
        steps = "".join(f"\n  - {remedy}" for remedy in remedies)
        super().__init__(f"{where}: {problem}" + (f"\nTo go on, do one of:{steps}" if steps else ""))


class UnreadableSource(OpenBeatError):
    """A file, archive or database cannot be read as what it claims to be."""


class ConnectionLost(UnreadableSource):
    """The connection to a database broke; the same may succeed if it is tried again."""


class WrongSettings(OpenBeatError):
    """A settings file says something that cannot be meant."""


class UnknownColumns(OpenBeatError):
    """A source has columns that nobody has mapped or ignored with a reason."""


class UnknownCodes(OpenBeatError):
    """A coded column holds words that nobody has given a meaning."""


class Blocked(OpenBeatError):
    """A blocking check found something, so that nothing was published."""


class NotEnoughData(OpenBeatError):
    """A statistic is undefined for these counts."""


class ShelfFault(OpenBeatError):
    """The shelf of releases is damaged, or somebody else holds what is wanted."""


class VaultFault(OpenBeatError):
    """The confidential vault is damaged, its key is wrong, or what it is given is refused."""


class RefusedDelivery(OpenBeatError):
    """Records that were handed in are not what their protocol says; none of them was kept."""


class Retracted(OpenBeatError):
    """This version of a release was withdrawn."""
