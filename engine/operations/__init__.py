"""The rules of each command, by family: what must hold before it, and what it changes."""
