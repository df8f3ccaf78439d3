"""The command line: each command parses, calls one room, and prints."""

from openbeat.cli.main import cli, main

__all__ = ["cli", "main"]
