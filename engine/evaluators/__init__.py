"""Expressions in other languages, computed in child processes that cannot hurt the server."""
