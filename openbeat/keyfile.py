"""A secret that the environment names: a file that only its owner can read, outside the workspace."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from openbeat.errors import WrongSettings

KEY_BYTES = 32


def read_secret(variable: str, workspace: Path) -> bytes:
    """The bytes that the file named by the environment's `variable` holds in hexadecimal: 32 or more.

    Raises WrongSettings where there is none, others may read it, it is short, or it lies in the workspace.
    """
    where, name = f"the file named by {variable}", os.environ.get(variable)
    make = "make one: (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > FILE)"
    if not name:
        raise WrongSettings(
            "the environment names no key file",
            where=variable,
            remedies=[f"{make}, and then: export {variable}=FILE"],
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
    return secret
