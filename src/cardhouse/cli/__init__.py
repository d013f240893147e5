"""The command line: it parses, calls one study and prints; arithmetic lives below."""

from cardhouse.cli.app import main

__all__ = ["main"]
