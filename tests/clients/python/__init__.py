"""The acceptance program of conductor-python, for its latest version and for 1.3 (`../python13` has that lock)."""
