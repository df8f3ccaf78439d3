"""Keyed pseudonyms: the same person has the same one where the agency allows it, and nowhere else.

HMAC-SHA-256 under a secret of 256 bits (NIST SP 800-53, SI-19(4)): a hash without a key is undone by trying
every badge number.
"""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from openbeat.errors import WrongSettings

VARIABLE = "OPENBEAT_KEY_FILE"
KEY_BYTES = 32
SHOWN_DIGITS = 20  # 80 bits: no two of a million people meet by chance


@dataclass(frozen=True)
class SecretKey:
    """The agency's secret; it is never printed, stored or sent."""

    secret: bytes

    def __repr__(self) -> str:
        return "SecretKey(…)"

    def pseudonyms(self, values: Iterable[str], *, domain: str, agency: str, group: str) -> Iterator[str]:
        """One pseudonym for each value, separated by identity domain, agency and linkage group.

        It starts with the domain's first letter, so that no spreadsheet takes it for a number.
        """
        context = "\x1f".join(("openbeat 1", agency, group, domain)).encode()
        keyed = hmac.new(hmac.digest(self.secret, context, "sha256"), digestmod="sha256")
        copy, letter = keyed.copy, domain[0]  # a copy of the keyed state saves half the time of starting anew
        for value in values:
            one = copy()
            one.update(canonical(value).encode())
            yield letter + one.hexdigest()[:SHOWN_DIGITS]


def canonical(value: str) -> str:
    """The form in which two ways of writing one number are the same: "00123" and "123", "a7" and "A7"."""
    text = value.strip().upper()
    return text.lstrip("0") or "0" if text.isdigit() else text


def read_key(workspace: Path) -> SecretKey:
    """The secret in the file that the environment names.

    Raises WrongSettings where there is none, others may read it, it is short, or it lies in the workspace.
    """
    where, name = f"the file named by {VARIABLE}", os.environ.get(VARIABLE)
    make = "make one: (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > FILE)"
    if not name:
        raise WrongSettings(
            "the environment names no key file",
            where=VARIABLE,
            remedies=[f"{make}, and then: export {VARIABLE}=FILE"],
        )
    path = Path(name)
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
        secret = bytes.fromhex(text)
    except OSError as error:
        raise WrongSettings(f"cannot be read: {error.strerror}", where=where, remedies=[make]) from error
    except ValueError as error:
        raise WrongSettings("does not hold hexadecimal digits", where=where, remedies=[make]) from error
    if stat.S_IMODE(mode) & 0o077:
        raise WrongSettings("others may read it", where=where, remedies=[f"chmod 600 {path}"])
    if len(secret) < KEY_BYTES:
        raise WrongSettings(
            f"holds {len(secret)} bytes; {KEY_BYTES} are needed", where=where, remedies=[make]
        )
    if path.resolve().is_relative_to(workspace.resolve()):
        raise WrongSettings(
            "lies in the workspace", where=where, remedies=["move it out, and export its new place"]
        )
    return SecretKey(secret)
