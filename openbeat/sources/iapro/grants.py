"""The one script that gives openbeat's account what it needs and nothing else."""

from __future__ import annotations

import re

from openbeat.errors import WrongSettings
from openbeat.sources.iapro.catalogue import LABELS, catalogue
from openbeat.sources.iapro.compiled import DIALECTS
from openbeat.sources.iapro.site import Site

ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
HEADS = {
    "mssql": """\
-- Rights of openbeat in IAPro's database: it reads the columns below and can do nothing else.
-- Run this in the database itself (IADATA or as it is called here), as its administrator.
--
-- Not part of this script, so that no password stands in a file: make the login first, in master:
--     CREATE LOGIN {account} WITH PASSWORD = '(a long one)', DEFAULT_LANGUAGE = us_english;
-- Names, badge numbers, narratives and alerts are not among the columns: the server itself refuses them.
-- To take everything back:  DROP USER {account};

CREATE USER {account} FOR LOGIN {account};
""",
    "postgresql": """\
-- Rights of openbeat in the copy of IAPro's database: it reads the columns below and can do nothing else.
-- Run this in the database itself, as the owner of its tables.
--
-- Not part of this script, so that no password stands in a file:  \\password {account}
-- Names, badge numbers, narratives and alerts are not among the columns: the server itself refuses them.
-- To take everything back:  DROP OWNED BY {account}; DROP ROLE {account};

CREATE ROLE {account} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
ALTER ROLE {account} SET default_transaction_read_only = on;
""",
}


def grant_script(site: Site, dialect: str, account: str = "openbeat_reader") -> str:
    """SQL that makes the account and lets it read the columns that openbeat asks for, one by one.

    Raises WrongSettings for SQLite, which has no accounts, and for an account's name that would need quoting.
    """
    server = dialect.partition("+")[0]
    if server not in HEADS:
        raise WrongSettings(
            f"{dialect} has no accounts, and so no rights to give",
            where="the script of rights",
            remedies=[
                "let the operating system give openbeat's user the right to read the file, and no other"
            ],
        )
    if not ACCOUNT.fullmatch(account):
        raise WrongSettings(
            "the account's name may have letters, digits and _ only",
            where="the script of rights",
            remedies=["choose another name, such as openbeat_reader"],
        )
    made, style, _ = DIALECTS["mssql+pytds" if server == "mssql" else server]
    quoted = made(paramstyle=style).identifier_preparer.quote_identifier
    who = quoted(account)
    lines = [HEADS[server].format(account=who)]
    if site.schema and server == "postgresql":
        lines.append(f"GRANT USAGE ON SCHEMA {quoted(site.schema)} TO {who};")
    for name, columns in readable(site).items():
        place = ".".join(quoted(part) for part in (site.schema, site.tables[name].name) if part)
        listed = ", ".join(quoted(site.tables[name].columns[column].name) for column in columns)
        lines.append(f"GRANT SELECT ({listed})\n    ON {place} TO {who};")
    return "\n".join(lines) + "\n"


def readable(site: Site) -> dict[str, tuple[str, ...]]:
    """The columns of each table that openbeat asks this site for."""
    found = {table.name: site.columns(table) for table in catalogue().values() if site.columns(table)}
    if LABELS in site.tables:
        found[LABELS] = tuple(site.tables[LABELS].columns)
    return found
