"""Files made to do harm end in a clear error, and in little memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_reading import cells_of, raw_of

from openbeat.errors import UnreadableSource

MEBI = 1 << 20
MOST = 512  # MiB above what an empty reading takes
READING = """
import resource, sys
from pathlib import Path
from openbeat.errors import OpenBeatError
from openbeat.sources import Shape, fetch
folder = Path(sys.argv[1])
(folder / "small.csv").write_text("a\\n1\\n")
fetch([folder / "small.csv"], Shape(), into=folder / "raw.parquet")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    raw = fetch([Path(sys.argv[2])], Shape(), into=folder / "raw.parquet")
    said = f"{raw.rows_read} rows, refused {dict(raw.refused)}"
except OpenBeatError as error:
    said = error.problem
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print((own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024, said)
"""
OFFICE = "http://schemas.openxmlformats.org"
SHEET = f'<worksheet xmlns="{OFFICE}/spreadsheetml/2006/main"><sheetData>'


def read_apart(file: Path, folder: Path) -> tuple[int, str]:
    """MiB that reading the file took above the least, its parser's process included; and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", READING, str(folder), str(file)], capture_output=True, text=True, check=True
    )
    used, said = done.stdout.strip().split(" ", 1)
    return int(used), said


def repeated(text: bytes, mebibytes: int) -> Iterator[bytes]:
    block = text * (MEBI // len(text))
    for _ in range(mebibytes):
        yield block


def long_line(folder: Path) -> Path:
    return written(folder / "line.csv", [b"a,b\n1,", *repeated(b"x", 1_500)])


def many_columns(folder: Path) -> Path:
    return written(folder / "columns.csv", [b"a,", *repeated(b"ab,", 3), b"\n"])


def many_small_cells(folder: Path) -> Path:
    return written(
        folder / "cells.csv",
        [b",".join(b"c%d" % i for i in range(2_000)), b"\n"] + [(b"ab," * 1_999 + b"x\n") * 80] * 60,
    )


def huge_json_text(folder: Path) -> Path:
    return written(folder / "text.json", [b'[{"a": "', *repeated(b"x", 1_000), b'"}]'])


def deep_json(folder: Path) -> Path:
    return written(folder / "deep.json", repeated(b"[", 50))


def packed_csv(folder: Path) -> Path:
    with gzip.open(folder / "bomb.csv.gz", "wb", compresslevel=1) as file:
        for block in repeated(b"a,b\n", 600):
            file.write(block)
    return folder / "bomb.csv.gz"


def zip_bomb(folder: Path) -> Path:
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w") as file,
    ):
        for block in repeated(b"\0", 600):
            file.write(block)
    return folder / "bomb.zip"


def parquet_bomb(folder: Path) -> Path:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), pa.array(["x" * MEBI]))
    pq.write_table(pa.table({"a": text}), folder / "bomb.parquet", compression="zstd")
    return folder / "bomb.parquet"


def workbook(folder: Path, sheet: Iterator[bytes], strings: Iterator[bytes] | None = None) -> Path:
    """A workbook whose one sheet, and whose table of shared strings, have these bytes."""
    kind, relations = f"{OFFICE}/officeDocument/2006/relationships", f"{OFFICE}/package/2006/relationships"
    parts: dict[str, Iterator[bytes] | str] = {
        "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{OFFICE}/spreadsheetml/2006/main" xmlns:r="{kind}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{kind}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{kind}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings or '<sst xmlns="x"/>',
    }
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            with archive.open(name, "w") as file:
                for block in [content.encode()] if isinstance(content, str) else content:
                    file.write(block)
    return folder / "bomb.xlsx"


def wide_sheet(folder: Path) -> Path:
    corners = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return workbook(folder, iter([SHEET.encode(), corners, b"</sheetData></worksheet>"]))


def long_sheet(folder: Path) -> Path:
    rows = repeated(b'<row><c t="inlineStr"><is><t>xxxxxxxx</t></is></c><c><v>1</v></c></row>', 1_200)
    return workbook(folder, (block for part in ([SHEET.encode()], rows) for block in part))


def shared_strings(folder: Path) -> Path:
    strings = repeated(b"<si><t>abcdefgh</t></si>", 1_200)
    start = f'<sst xmlns="{OFFICE}/spreadsheetml/2006/main">'.encode()
    return workbook(
        folder,
        iter([SHEET.encode(), b'<row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>']),
        (block for part in ([start], strings) for block in part),
    )


def entities(folder: Path) -> Path:
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    start = f'<!DOCTYPE w [<!ENTITY e0 "xxxxxxxxxx">{levels}]>{SHEET}'.encode()
    cells = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row></sheetData></worksheet>'
    return workbook(folder, iter([start, cells]))


def written(file: Path, blocks: Iterator[bytes] | list[bytes]) -> Path:
    with file.open("wb") as out:
        for block in blocks:
            out.write(block)
    return file


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (long_line, "refused {'long_line': 1}"),
        (many_columns, "columns; at most"),
        (many_small_cells, "4800 rows"),
        (huge_json_text, "damaged"),
        (deep_json, ""),
        (packed_csv, "unpacks to more than"),
        (zip_bomb, "unpacks to more than"),
        (parquet_bomb, "2000 rows"),
        (wide_sheet, "was stopped"),
        (long_sheet, "was stopped"),
        (shared_strings, "was stopped"),
        (entities, ""),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_is_made_to_fill_the_memory_does_not(
    tmp_path: Path, hostile: Callable[[Path], Path], says: str
) -> None:
    used, said = read_apart(hostile(tmp_path), tmp_path)
    assert says in said
    assert used < MOST


def test_a_truncated_archive_is_an_error_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "a,b\n" + "1,2\n" * 999)
    data, cut = whole.read_bytes(), tmp_path / "cut.zip"
    for size in range(4, len(data), 7):
        cut.write_bytes(data[:size])
        with pytest.raises(UnreadableSource, match="damaged, cut off"):
            raw_of(cut, folder=tmp_path)
    assert len(cells_of(raw_of(whole, folder=tmp_path))) == 999


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ("../a.csv", "leads out"),
        ("/etc/a.csv", "leads out"),
        ("inner.zip", "an archive itself"),
        ("a.pdf", "nothing in it"),
    ],
)
def test_archives_that_play_tricks_are_refused(tmp_path: Path, member: str, says: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "a\n1\n")
    with pytest.raises(UnreadableSource, match=says):
        raw_of(tmp_path / "a.zip", folder=tmp_path)


def test_each_readable_member_of_an_archive_is_a_file_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("x/2014.csv", "x/2015.csv", "__MACOSX/x/._2014.csv", "about.pdf"):
            archive.writestr(name, "a\n1\n")
    raw = raw_of(tmp_path / "a.zip", folder=tmp_path)
    assert [file.name for file in raw.files] == ["a.zip/x/2014.csv", "a.zip/x/2015.csv"]
    assert len(raw_of(tmp_path / "a.zip", folder=tmp_path, member="*2015.csv").files) == 1


def test_a_truncated_gzip_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 99)[:-9])
    with pytest.raises(UnreadableSource, match="damaged, cut off"):
        raw_of(tmp_path / "a.csv.gz", folder=tmp_path)
