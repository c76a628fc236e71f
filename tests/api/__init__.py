"""The API of real server processes."""
