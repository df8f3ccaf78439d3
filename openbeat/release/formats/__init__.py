"""Formats of rows that are made from a release's Parquet on request: each is one module of this folder."""

from openbeat.release.formats.row_format import RowFormat, row_formats

__all__ = ["RowFormat", "row_formats"]
