"""One T-SQL SELECT in SQLite's words, where the two differ and sqlglot does not know it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.expressions import DType

from openbeat.synth.tds.tokens import Refusal

COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Coalesce)
LOOSE = (exp.Literal, exp.Parameter, exp.National, exp.DateAdd, exp.CurrentTimestamp)  # any spelling
THROUGH = (exp.Max, exp.Min, exp.Paren, exp.Coalesce)  # these keep the kind of what they are given
TEXTS = {DType.VARCHAR, DType.NVARCHAR, DType.CHAR, DType.NCHAR, DType.TEXT}
DAYTIMES = {DType.DATETIME, DType.DATETIME2, DType.SMALLDATETIME}
MOMENTS = dict.fromkeys(DAYTIMES, "TSQL_DATETIME") | {DType.DATE: "TSQL_DATE"}
PARTS = {exp.Year: "year", exp.Month: "month", exp.Day: "day"}
Kinds = Mapping[str, DType]


def rewrite(tree: exp.Query, kinds: Kinds, variables: Mapping[str, object]) -> str:
    """The text for SQLite of a query in T-SQL.

    kinds       the type of each column's name, in small letters
    variables   what `@@name` stands for, in small letters
    Raises      Refusal for a variable that is not known, and for what SQLite cannot say
    """
    _name_the_nameless(tree)
    for node in _parts_first(tree):
        _compare_as_moments(node, kinds)
        if isinstance(node, exp.Add) and _is_text(node, kinds):
            node.replace(exp.DPipe(this=node.left, expression=node.right))
    for node in _parts_first(tree):
        if (changed := _changed(node, variables)) is not node:
            node.replace(changed)
    try:
        return tree.sql("sqlite", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise Refusal(
            102, "Incorrect syntax for this server, which knows a part of T-SQL.", severity=15
        ) from error


def casts_for_converts(tree: exp.Expr) -> None:
    """Say CONVERT(kind, value, style) as CAST, which sqlglot knows the type of."""
    for node in list(tree.find_all(exp.Convert)):
        value, style = node.expression.copy(), node.args.get("style")
        if style is not None and node.this.this in TEXTS:
            value = _call("TSQL_STYLED", value, style.copy())
        node.replace(exp.Cast(this=value, to=node.this.copy()))


def parameter(name: str) -> str:
    """The name under which SQLite is given a parameter: without @, and case makes no difference."""
    return name.lstrip("@").lower()


def _name_the_nameless(tree: exp.Expr) -> None:
    """Give computed columns without an alias the empty name that SQL Server gives them."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    for column in tree.expressions if isinstance(tree, exp.Select) else []:
        if not isinstance(column, exp.Alias | exp.Column | exp.Star):
            column.replace(exp.Alias(this=column.copy(), alias=exp.to_identifier("", quoted=True)))


def _parts_first(tree: exp.Expr) -> list[exp.Expr]:
    return list(tree.walk(bfs=False))[::-1]


def _changed(node: exp.Expr, variables: Mapping[str, object]) -> exp.Expr:
    match node:
        case exp.Parameter() if isinstance(node.parent, exp.Parameter):
            return node
        case exp.Parameter(this=exp.Parameter()):
            name = node.this.name.lower()
            if name not in variables:
                raise Refusal(137, f"Must declare the scalar variable '@@{name}'.", severity=15)
            return exp.convert(variables[name])
        case exp.Parameter():
            return exp.Placeholder(this=parameter(node.name))
        case exp.National():
            return exp.Literal.string(node.name)
        case exp.CurrentSchema():
            return exp.Anonymous(this="SCHEMA_NAME")
        case exp.CurrentUser():
            return exp.Anonymous(this="USER_NAME")
        case exp.Table():
            return _table(node)
        case exp.Cast():
            return _cast(node)
        case exp.DateAdd():
            return _call("TSQL_DATEADD", _unit(node), node.expression, node.this)
        case exp.DateDiff():
            return _call("TSQL_DATEDIFF", _unit(node), node.expression, node.this)
        case exp.Extract():
            return _call("TSQL_DATEPART", exp.Literal.string(node.name), node.expression)
        case exp.Year() | exp.Month() | exp.Day():
            inner = node.this.this if isinstance(node.this, exp.TsOrDsToDate) else node.this
            return _call("TSQL_DATEPART", exp.Literal.string(PARTS[type(node)]), inner)
        case exp.Left():
            return _call("SUBSTR", node.this, exp.Literal.number(1), node.expression)
        case exp.Right():
            return _call("TSQL_RIGHT", node.this, node.expression)
        case exp.Length():  # without trailing blanks
            return _call("LENGTH", _call("RTRIM", node.this))
        case exp.Concat():  # takes NULL for nothing, where || does not
            parts = [exp.func("COALESCE", part, exp.Literal.string("")) for part in node.expressions]
            return _call("TSQL_JOINED", *parts)
    return node


def _table(node: exp.Table) -> exp.Expr:
    node.set("catalog", None)
    if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "fn_my_permissions":
        return exp.table_("MY_PERMISSIONS", db="INFORMATION_SCHEMA", alias=node.alias or None)
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    kind = node.to
    if function := MOMENTS.get(kind.this):
        return _call(function, node.this)
    sizes = [part.name for part in kind.expressions if part.name.isdigit()]
    if kind.this in TEXTS:
        whole = exp.cast(node.this, "TEXT")
        return _call("SUBSTR", whole, exp.Literal.number(1), exp.Literal.number(sizes[0])) if sizes else whole
    return node


def _compare_as_moments(node: exp.Expr, kinds: Kinds) -> None:
    """A moment beside text or a parameter: both in the file's one spelling, since SQLite compares text.

    A day beside something else is compared as its midnight, as SQL Server does.
    """
    if not isinstance(node, COMPARED):
        return
    sides = [(side, _kind(side, kinds)) for side in node.iter_expressions()]
    moment = next((kind for _, kind in sides if kind in MOMENTS), None)
    for side, kind in sides:
        if moment and (isinstance(side, LOOSE) or kind == DType.DATE):
            function = MOMENTS[moment] if isinstance(node, exp.Coalesce) else MOMENTS[DType.DATETIME]
            side.replace(_call(function, side.copy()))


def _kind(node: exp.Expr, kinds: Kinds) -> DType | None:
    if isinstance(node, exp.Column):
        return kinds.get(node.name.lower())
    if isinstance(node, exp.Cast):
        return DType(node.to.this)
    return _kind(node.this, kinds) if isinstance(node, THROUGH) else None


def _is_text(node: exp.Expr, kinds: Kinds) -> bool:
    if isinstance(node, exp.Add | exp.DPipe):
        return _is_text(node.left, kinds) or _is_text(node.right, kinds)
    return isinstance(node, exp.National) or node.is_string or _kind(node, kinds) in TEXTS


def _unit(node: exp.DateAdd | exp.DateDiff) -> exp.Expr:
    return exp.Literal.string(node.text("unit") or "day")


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))
