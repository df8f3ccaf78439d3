"""Checked rows to Protected rows: identifiers hashed, values coarsened, text withheld, all of it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openbeat.agency import Agency
from openbeat.engine import Engine, holds
from openbeat.errors import WrongSettings
from openbeat.protect.keys import SecretKey
from openbeat.protect.precision import PRECISIONS, hundred_block
from openbeat.stages import REDUCED, Account, Checked, DerivedTable, Protected, StagedTable
from openbeat.standards import Field, SensitiveCase, Table, Words, standards
from openbeat.standards.conditions import fields_of

WAYS = {*PRECISIONS, "block", "withheld"}
reduced_detail_about = Words(
    en="Why this row says less than others: its people need more protection.",
    es="Por qué esta fila dice menos que otras: las personas en ella necesitan más protección.",
)


def protect(
    checked: Checked, derived: tuple[DerivedTable, ...], agency: Agency, key: SecretKey, engine: Engine
) -> Protected:
    """What may leave the agency of these rows, and the account of what was taken from them."""
    dataset = checked.mapped.standard.key
    _must_be_meant(agency)
    shields = {
        name: _Shield(table, dataset, agency, key, engine) for name, table in checked.mapped.tables.items()
    }
    return Protected(
        standard=checked.mapped.standard,
        tables={name: shield.protected() for name, shield in shields.items()},
        derived=tuple(_without_coarsened(one, dataset, agency) for one in derived),
        findings=checked.findings,
        policy={
            "pseudonyms": "HMAC-SHA-256, separated by identity domain, agency and linkage group",
            "linkage_group": agency.linkage_group(dataset),
            "small_cells": agency.small_cells,
            "fields": {name: shield.done for name, shield in shields.items()},
        },
    )


def _must_be_meant(agency: Agency) -> None:
    """A misspelt field or way to coarsen would leave in silence what the agency meant to hold back."""
    for key, own in agency.precision.items():
        dataset, _, name = key.partition(".")
        tables = standards()[dataset].tables.values() if dataset in standards() else ()
        wrong = [] if any(name in table.fields for table in tables) else ["there is no such field"]
        wrong += [] if own.publish in WAYS else [f"{own.publish!r} is no precision"]
        if wrong:
            raise WrongSettings(
                " and ".join(wrong),
                where=f"{agency.slug}/agency.toml, protection.precision, {key!r}",
                remedies=["write it as 'dataset.field'", f"publish it as one of: {', '.join(sorted(WAYS))}"],
            )


def _without_coarsened(table: DerivedTable, dataset: str, agency: Agency) -> DerivedTable:
    """The table without the cells that would tell what the agency withholds or coarsens."""
    coarser = {key for key, own in agency.precision.items() if own.publish not in ("exact", "day")}
    return replace(
        table,
        rows=tuple(
            cell
            for cell in table.rows
            if coarser.isdisjoint(f"{dataset}.{cell.get(by)}" for by in ("place_field", "group_field"))
        ),
    )


class _Shield:
    """One table's protection; `done` says in words what happened to each field."""

    def __init__(
        self, staged: StagedTable, dataset: str, agency: Agency, key: SecretKey, engine: Engine
    ) -> None:
        self.staged, self.dataset, self.agency, self.key, self.engine = staged, dataset, agency, key, engine
        self.table: Table = staged.standard
        self.done: dict[str, str] = {}

    def protected(self) -> StagedTable:
        """The table as it may leave."""
        cases = [case for case in self.table.sensitive if self._can_apply(case)]
        rows = self._with_lookups(self.staged.rows)
        columns: dict[str, ir.Value] = {}
        for name in self.staged.columns:
            field = self.table.fields[name]
            publish = self._publish(field)
            if publish == "withheld":
                self.done[name] = "withheld"
                continue
            target = field.into if field.into and publish == "age range" else name
            if target not in columns or target == name:
                columns[target] = self._value(field, publish, rows)
            self.done[name] = self._in_words(field, publish, target)
        columns = {name: columns[name] for name in self.table.fields if name in columns}
        for case in cases:
            columns = self._reduced(case, columns, rows)
        if cases:
            columns[REDUCED] = self._reduction(cases, rows)
        staged = self.engine.stage(rows.select(**columns))
        return replace(self.staged, rows=staged, account=self._account(staged, cases))

    def _account(self, rows: ir.Table, cases: list[SensitiveCase]) -> Account:
        counts = {"rows": rows.count()} | {
            case.key: ("|" + rows[REDUCED] + "|").contains(f"|{case.key}|").fill_null(False).sum()
            for case in cases
        }
        counted = self.engine.fetch(rows.aggregate(**counts)).to_pylist()[0]
        return replace(
            self.staged.account,
            published=counted.pop("rows"),
            coarsened={key: int(count or 0) for key, count in counted.items() if count},
        )

    def _publish(self, field: Field) -> str:
        own = self.agency.precision.get(f"{self.dataset}.{field.key}")
        if own:
            return own.publish
        return "withheld" if field.privacy == "sensitive" else field.publish or "exact"

    def _can_apply(self, case: SensitiveCase) -> bool:
        return bool(fields_of(case.when) & set(self.staged.columns))

    def _with_lookups(self, rows: ir.Table) -> ir.Table:
        """Pseudonyms and blocks, made in Python for the distinct values and joined back."""
        for name in self.staged.columns:
            field = self.table.fields[name]
            if field.type != "id" and self._publish(field) != "block":
                continue
            one = self.staged.rows.select(name)
            distinct = self.engine.fetch(one.filter(one[name].notnull()).distinct()).column(name)
            values: list[str] = distinct.to_pylist()
            made = pa.array(self._made(field, values), pa.string())
            lookup = self.engine.lookup(pa.table({f"{name}__from": distinct, f"{name}__made": made}))
            rows = rows.left_join(lookup, rows[name] == lookup[f"{name}__from"])
        return rows

    def _made(self, field: Field, values: list[str]) -> list[str | None]:
        if field.type != "id":
            return [hundred_block(value) for value in values]
        group = self.agency.linkage_group(self.dataset)
        made = self.key.pseudonyms(values, domain=str(field.domain), agency=self.agency.slug, group=group)
        return list(made)

    def _value(self, field: Field, publish: str, rows: ir.Table) -> ir.Value:
        made = f"{field.key}__made"
        return rows[made] if made in rows.columns else PRECISIONS[publish](rows[field.key])

    def _reduced(
        self, case: SensitiveCase, columns: Mapping[str, ir.Value], rows: ir.Table
    ) -> dict[str, ir.Value]:
        sensitive = holds(case.when, rows).fill_null(False)
        reduced = dict(columns)
        became = [into for name in case.remove if (into := self.table.fields[name].into)]
        for name in (*case.remove, *became):
            if name in columns:
                reduced[name] = sensitive.ifelse(ibis.null(columns[name].type()), columns[name])
        for name, publish in case.coarsen.items():
            if name in columns:
                reduced[name] = sensitive.ifelse(PRECISIONS[publish](columns[name]), columns[name])
        return reduced

    def _reduction(self, cases: list[SensitiveCase], rows: ir.Table) -> ir.Value:
        marks = [holds(case.when, rows).fill_null(False).ifelse(f"{case.key}|", "") for case in cases]
        together = reduce(lambda left, right: left + right, marks)
        return (together.length() > 0).ifelse(together.substr(0, together.length() - 1), ibis.null("string"))

    def _in_words(self, field: Field, publish: str, target: str) -> str:
        if field.type == "id":
            return f"pseudonym ({field.domain})"
        return f"{publish}, as {target}" if target != field.key else publish
