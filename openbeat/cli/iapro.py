"""`openbeat iapro probe`, `statements`, `grants`, `pull` and `import`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from openbeat.agency import Agency
from openbeat.cli.agency import write_draft
from openbeat.cli.options import dry_run_option, progress, workspace_option
from openbeat.errors import WrongSettings
from openbeat.release.shelf import SLUG
from openbeat.sources.iapro import (
    Probed,
    Pulled,
    Site,
    every_statement,
    expected_site,
    grant_script,
    open_source,
    probe,
    pull,
    read_site,
)
from openbeat.sources.iapro.exports import Exported, read_export, take_in, ways, with_status, without_status
from openbeat.vault import open_vault, read_vault_key
from openbeat.workspace import Workspace, find_agency, open_workspace

SERVERS = ("mssql+pytds", "mssql+odbc", "postgresql", "sqlite")
VARIABLE = "IAPRO_DATABASE"
LOOPBACK = re.compile(r"@(127\.[\d.]+|localhost|\[::1\])[:/]")

database_option = click.option(
    "--database",
    "variable",
    default=VARIABLE,
    show_default=True,
    help="The environment variable that holds the database's address.",
)
schema_option = click.option(
    "--schema", help="The schema of IAPro's tables.  [default: the one that has them]"
)
server_option = click.option(
    "--server", type=click.Choice(SERVERS), default=SERVERS[0], show_default=True, help="What it runs on."
)
look_option = click.option(
    "--look", is_flag=True, help="Look at the database, not at what IAPro usually has."
)


@click.group()
def iapro() -> None:
    """Read an agency's IAPro, which is never written to.

    Look at it, read it into the vault, import what was exported. The address of the database stands in an
    environment variable:
    mssql+pytds://user:password@server/database, postgresql://… or sqlite:///file.

    Exit status: 0 done, 1 something is wrong, 2 wrong use.
    """


@iapro.command("probe")
@database_option
@schema_option
@click.option(
    "--slug", default="my_agency", show_default=True, help="The agency's short name, such as dallas_tx."
)
@workspace_option
@dry_run_option
def probe_command(variable: str, schema: str | None, slug: str, workspace: Path, dry_run: bool) -> None:
    """Look at a site's IAPro, and write a first agency.toml.

    Says which tables, columns and meanings of user-defined columns the site has and which datasets can be
    filled how fully. Reads counts and words of codes, no record of anybody. An agency.toml that is there
    already is never overwritten; with --dry-run it is only printed.

    Exit status: 0 done, 1 the database cannot be read or an agency.toml is there already, 2 wrong use.
    """
    from openbeat.mapping.iapro_draft import draft_iapro, fillings, seen_by

    if not SLUG.fullmatch(slug):
        raise click.BadParameter("use 1 to 64 of the signs a-z, 0-9 and _", param_hint="--slug")
    here = None if dry_run else open_workspace(workspace)
    with open_source(_address(variable)) as source:
        probed = probe(source, schema)
    seen = seen_by(probed)
    text = draft_iapro(seen, slug=slug, variable=variable)
    if here is None:
        click.echo(text, nl=False)
        return
    _print_probed(probed)
    click.echo("\nDatasets that it can fill:")
    for one in fillings(seen):
        cases = "" if one.cases is None else f", {one.cases:,} cases"
        click.echo(f"  {one.dataset}: {one.fields} of {one.known} fields{cases}")
        if one.often_empty:
            empty = ", ".join(f"{key} ({share:.0%})" for key, share in one.often_empty.items())
            click.echo(f"      filled in less than half of all rows: {empty}")
    path = write_draft(here, slug, text)
    click.echo(f"\nWrote {path}. Go through every line marked `guess` or `decide`, then:")
    click.echo(f"  openbeat check {slug} --workspace {workspace}")


@iapro.command()
@server_option
@look_option
@database_option
@schema_option
def statements(server: str, look: bool, variable: str, schema: str | None) -> None:
    """Print every query, for the administrator to approve.

    All that probe and pull will ever ask the database. Nothing is asked of it here, except with --look.

    Exit status: 0 done, 1 the database cannot be read, 2 wrong use.
    """
    for number, one in enumerate(every_statement(_site(look, variable, schema), server), 1):
        click.echo(f"-- {number}. {one.name}: {one.purpose}")
        if one.parameters:
            click.echo(f"--    in its places: {', '.join(one.parameters)}")
        click.echo(f"{one.text};\n")


@iapro.command()
@server_option
@look_option
@database_option
@schema_option
@click.option("--account", default="openbeat_reader", show_default=True, help="The account that gets them.")
def grants(server: str, look: bool, variable: str, schema: str | None, account: str) -> None:
    """Print the script of the account's rights.

    It gives an account the right to read the columns that are needed, one by one, and nothing else.

    Exit status: 0 done, 1 the database cannot be read or has no accounts, 2 wrong use.
    """
    click.echo(grant_script(_site(look, variable, schema), server, account), nl=False)


@iapro.command("pull")
@click.argument("name", metavar="AGENCY")
@click.option("--full", is_flag=True, help="Read every case, not only those that may have changed.")
@workspace_option
@dry_run_option
def pull_command(name: str, full: bool, workspace: Path, dry_run: bool) -> None:
    """Read what is new in an agency's IAPro into its vault.

    Interrupted, the same command goes on. OPENBEAT_VAULT_KEY_FILE names the vault's key. With --dry-run
    the rows are counted, and nothing is written.

    Exit status: 0 done, 1 the database cannot be read, 2 wrong use.
    """
    here = open_workspace(workspace)
    agency = find_agency(here, name)
    with progress(f"{agency.slug}/iapro") as step:
        pulled = pull_agency(here, agency, full=full, dry_run=dry_run, step=step)
    print_pulled(pulled, dry_run=dry_run)


@iapro.command("import")
@click.argument("name", metavar="AGENCY")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--as", "way", type=click.Choice(sorted(ways())), required=True, help="How they left IAPro.")
@click.option("--status", help="The STATUS of the cases of which the files say none, such as Completed.")
@workspace_option
@dry_run_option
def import_command(
    name: str, files: tuple[Path, ...], way: str, status: str | None, workspace: Path, dry_run: bool
) -> None:
    """Take FILES that left IAPro another way into the vault.

    Saved queries, exports, or what the city published from it earlier. Cases that IAPro itself has or had are
    never replaced by them. The same files again change nothing. A case without a STATUS is never released:
    where files do not have it, and you know it of all their cases, say it with --status.

    Exit status: 0 done, 1 the files cannot be read, 2 wrong use.
    """
    here = open_workspace(workspace)
    agency = find_agency(here, name)
    found = read_export(list(files), way)
    tables = with_status(found.tables, status)
    if not dry_run:
        vault = open_vault(here.vault / agency.slug, read_vault_key(here.root))
        take_in(vault, tables, at=_now(agency))
    _print_exported(found)
    if unsaid := without_status(tables):
        click.echo(f"  {unsaid:,} cases without a STATUS: they are not released (see --status)")


def pull_agency(
    workspace: Workspace,
    agency: Agency,
    *,
    full: bool = False,
    dry_run: bool = False,
    step: Callable[[str], None] = lambda said: None,
) -> Pulled:
    """Reads what is new in the agency's IAPro into its vault.

    Raises WrongSettings where agency.toml has no [iapro] with a database, or the environment no address.
    """
    if agency.iapro is None or agency.iapro.database is None:
        raise WrongSettings(
            "does not say where its IAPro is",
            where=f"{agency.slug}/agency.toml",
            remedies=['add  [iapro]  with  database = "VARIABLE"', "write a first one: openbeat iapro probe"],
        )
    vault = None if dry_run else open_vault(workspace.vault / agency.slug, read_vault_key(workspace.root))
    with open_source(_address(agency.iapro.database)) as source:
        return pull(
            source,
            vault,
            read_site(source, agency.iapro.schema),
            state=workspace.root / "state" / "iapro" / f"{agency.slug}.json",
            now=_now(agency),
            full=full,
            sweep=timedelta(days=agency.iapro.full_read_days),
            progress=lambda run: step(f"{run.incidents:,} cases, {run.rows:,} rows read"),
        )


def print_pulled(pulled: Pulled, *, dry_run: bool = False) -> None:
    """What an extraction read and what became of it, for a person."""
    run = pulled.run
    what = "every case" if run.full else f"cases changed since {run.since:%Y-%m-%d}, and open ones"
    held = " (dry run: nothing is kept)" if dry_run else ""
    click.echo(f"IAPro: {run.incidents:,} cases and {run.rows:,} rows read ({what}){held}")
    for table, tally in run.tables.items():
        parts = [
            f"{count:,} {word}"
            for word, count in (
                ("new", tally.new),
                ("revised", tally.revised),
                ("gone", tally.gone),
                ("unchanged", tally.same),
                ("left out without a key", tally.unkeyed),
                ("left out without their case", tally.astray),
            )
            if count
        ]
        click.echo(f"  {table}: {tally.read:,} rows" + (f" = {' + '.join(parts)}" if parts else ""))
    if pulled.absent:
        click.echo(f"  not at this site: {', '.join(pulled.absent)}")


def _print_probed(probed: Probed) -> None:
    click.echo(f"{probed.where}: schema {probed.site.schema or '(none)'}")
    for name, table in probed.tables.items():
        reads = "" if table.readable else "  (cannot be read: its key is not there)"
        click.echo(f"  {name}: {table.rows:,} rows, {len(table.columns)} columns{reads}")
        for label, columns in (("missing", table.missing), ("never read", table.beyond)):
            if columns:
                click.echo(f"      {label}: {', '.join(columns)}")
        if table.repeated:
            click.echo(f"      {table.repeated:,} keys name several rows")
        for key, column in table.columns.items():
            if column.meanings:
                click.echo(f"      {key} is called {' or '.join(column.meanings)}")
    for what, count in probed.orphans.items():
        if count:
            click.echo(f"  {count:,} rows without a parent: {what}")
    if probed.absent:
        click.echo(f"  not at this site: {', '.join(probed.absent)}")
    if probed.beyond:
        click.echo(f"  other tables, never read: {', '.join(probed.beyond)}")
    if probed.placeholders:
        numbers = ", ".join(f"{number} ({cases:,} cases)" for number, cases in probed.placeholders.items())
        click.echo(f"  officers without any date, perhaps no person: {numbers}")


def _print_exported(found: Exported) -> None:
    click.echo(f"{found.read:,} rows read")
    for table, rows in found.tables.items():
        click.echo(f"  {table}: {rows.num_rows:,} rows")
    for reason, numbers in found.quarantined.items():
        shown = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
        click.echo(f"  {len(numbers):,} rows kept out: {reason} (rows {shown})")
    for problem in found.problems:
        click.echo(f"  {problem.count:,} × {problem.where}: {problem.kind}")
    for column, reason in found.ignored.items():
        click.echo(f"  column {column!r} left out: {reason}")


def _site(look: bool, variable: str, schema: str | None) -> Site:
    if not look:
        return expected_site(schema or "IA_ADM")
    with open_source(_address(variable)) as source:
        return read_site(source, schema)


def _address(variable: str) -> str:
    address = os.environ.get(variable)
    if not address:
        raise WrongSettings(
            "the environment does not name the database",
            where=variable,
            remedies=[
                f"export {variable}=mssql+pytds://user:password@server/database (or postgresql://…, sqlite:///…)"
            ],
        )
    if address.startswith("mssql") and "cafile=" not in address and not LOOPBACK.search(address):
        click.echo(
            f"{variable}: the way to the server is not encrypted. At the end of the address, add"
            " ?cafile=/etc/ssl/certs/ca-certificates.crt (or the file of your own authority)",
            err=True,
        )
    return address


def _now(agency: Agency) -> datetime:
    """The agency's local time, as its own records have it."""
    return datetime.now(ZoneInfo(agency.time_zone)).replace(tzinfo=None, microsecond=0)
