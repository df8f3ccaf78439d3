"""AES-256-GCM under a key of each vault's own: what is sealed opens only here, and only in its place.

Source: NIST SP 800-38D. Nonces are random, which bounds one vault to 2^32 files (section 8.3).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openbeat.errors import VaultFault
from openbeat.keyfile import read_secret

VARIABLE = "OPENBEAT_VAULT_KEY_FILE"
FORMAT = 1
HEADER = f"openbeat vault {FORMAT}\n".encode()
SALT, NONCE, KEY = 32, 12, 32  # bytes
RESTORE = "restore it from a backup of the vault"


@dataclass(frozen=True)
class VaultKey:
    """The agency's secret for its vault; it is never printed, stored or sent."""

    secret: bytes

    def __repr__(self) -> str:
        return "VaultKey(…)"


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What seals and opens the files of one vault, and the secret under which its rows are digested."""

    cipher: AESGCM = field(repr=False)
    digest_key: bytes = field(repr=False)


def read_vault_key(workspace: Path) -> VaultKey:
    """The secret in the file that the environment names.

    Raises WrongSettings where there is none, others may read it, it is short, or it lies in the workspace.
    """
    return VaultKey(read_secret(VARIABLE, workspace))


def binding(kind: str, number: int = 0, previous: str = "", table: str = "", part: int = 0) -> bytes:
    """The one place where a sealed file belongs: kind, commit, the commit before, table, part."""
    return json.dumps([FORMAT, kind, number, previous, table, part]).encode()


def new_identity(key: VaultKey) -> bytes:
    """The first file of a new vault: a salt, and a proof that tells the right key from a wrong one."""
    salt = secrets.token_bytes(SALT)
    return salt + seal(_derived(key, salt), b"", binding("identity"))


def seal_of(identity: bytes, key: VaultKey, *, where: Path) -> Seal:
    """The seal of the vault with this identity; a wrong key or a damaged identity raises VaultFault."""
    found = _derived(key, identity[:SALT])
    if _opened(found, identity[SALT:], binding("identity")) != b"":
        raise VaultFault(
            "the key is not this vault's, or the file is damaged",
            where=str(where),
            remedies=[f"let {VARIABLE} name the key that the vault was made with", RESTORE],
        )
    return found


def seal(with_: Seal, data: bytes, place: bytes) -> bytes:
    """`data` sealed for its place."""
    nonce = secrets.token_bytes(NONCE)
    return HEADER + nonce + with_.cipher.encrypt(nonce, data, place)


def unseal(with_: Seal, sealed: bytes, place: bytes, *, where: Path) -> bytes:
    """What was sealed for this place; anything else raises VaultFault."""
    data = _opened(with_, sealed, place)
    if data is None:
        raise damaged(where, "its bytes are not those that were sealed for this place in this vault")
    return data


def damaged(where: Path, problem: str) -> VaultFault:
    """The error of a file that is not as it was written."""
    return VaultFault(problem, where=str(where), remedies=[RESTORE])


def _opened(with_: Seal, sealed: bytes, place: bytes) -> bytes | None:
    if not sealed.startswith(HEADER):
        return None
    start = len(HEADER) + NONCE
    try:
        return with_.cipher.decrypt(sealed[len(HEADER) : start], sealed[start:], place)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        return None


def _derived(key: VaultKey, salt: bytes) -> Seal:
    kdf = HKDF(algorithm=SHA256(), length=2 * KEY, salt=salt, info=HEADER)
    both = kdf.derive(key.secret)
    return Seal(cipher=AESGCM(both[:KEY]), digest_key=both[KEY:])
