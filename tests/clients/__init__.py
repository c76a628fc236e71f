"""Acceptance programs in the languages of the official clients, each with the client from its package registry.

`scripts/test-clients` runs them against a real server. Each prints a line for every check; its exit status tells.
"""
