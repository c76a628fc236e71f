"""One suite for every store: each promise of `engine.ports` has a test here."""
