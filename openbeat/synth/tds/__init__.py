"""A small TDS 7.4 server over a SQLite file: the test double for Microsoft SQL Server."""

from openbeat.synth.tds.login import Login
from openbeat.synth.tds.server import Statement, TdsServer, serve_tds

__all__ = ["Login", "Statement", "TdsServer", "serve_tds"]
