"""The confidential vault: an agency's own records over time, unreadable without its key.

    vault/identity                    what makes this vault's keys differ from every other vault's
    vault/commits/00000001.sealed     JSON: when, and which parts; bound to the commit before it
    vault/objects/<sha256>.sealed     Parquet: versions of rows of one table, brought by one commit
    vault/tmp/                        half-written files; the next append sweeps up what a killed one left

All is AES-256-GCM; files are opened in memory only. Nothing is ever rewritten: a correction is a new version
of its row, so that `rows(table, held=t)` says what the agency knew at t. Each file is bound to its format,
kind, commit, the commit before, table and part: one that is changed, cut, renamed, put in another's place or
brought from another vault is noticed when it is read: commits at once, objects when their table is read.

Not noticed: that the newest commits were taken away, or that the whole folder was put back as it once was;
only something outside the folder could tell. Not hidden: how many commits and objects there are, their sizes,
the times of the files. What the machine swaps out or dumps is the machine's matter. Keys cannot be changed:
if one became known, make a new vault under a new key and load it from the sources.
"""

from openbeat.vault.pages import Counts, Held
from openbeat.vault.sealing import VARIABLE, VaultKey, read_vault_key
from openbeat.vault.vault import Vault, open_vault

__all__ = ["VARIABLE", "Counts", "Held", "Vault", "VaultKey", "open_vault", "read_vault_key"]
