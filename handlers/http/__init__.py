"""The HTTP edge: what turns `openapi.yaml` and a map of functions into a server (DESIGN §7)."""
