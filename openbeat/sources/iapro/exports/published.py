"""Ways that are a TOML file beside this module: flat files whose columns are known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from openbeat.sources.iapro.exports.account import exported
from openbeat.sources.iapro.exports.flat import decompose, settle_links
from openbeat.sources.iapro.exports.gather import Gathering
from openbeat.sources.iapro.exports.reading import read_sheets
from openbeat.sources.iapro.exports.shape import Shape, kind_of, shape_of
from openbeat.sources.iapro.exports.way import Exported, Way


def read(files: Sequence[Path], shape: Shape) -> Exported:
    """The tables that flat files of the shape were made of."""
    sheets = read_sheets(files, shape.missing)
    kinds = [kind_of(sheet.columns, shape, sheet.name) for sheet in sheets]
    gathering = Gathering()
    for kind in kinds:
        gathering.knows(kind.all_places())
    for sheet, kind in zip(sheets, kinds, strict=True):
        decompose(sheet, kind, shape, gathering)
    settle_links(gathering)
    return exported(sheets, kinds, gathering)


def _ways() -> tuple[Way, ...]:
    shapes = [
        shape_of(path) for path in sorted(Path(__file__).parent.glob("*.toml")) if path.stem != "packed"
    ]
    return tuple(Way(key=one.key, title=one.title, read=partial(read, shape=one)) for one in shapes)


published = _ways()
