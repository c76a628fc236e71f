"""The official Python SDK (conductor-python) as it is published, against a real `segue serve` on its embedded store."""
