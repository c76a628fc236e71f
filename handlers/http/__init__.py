"""The HTTP edge: what turns `openapi.yaml` and a map of functions into a server (DESIGN §7)."""

import warnings

# Connexion 3.3 imports Starlette's test client, which says so on standard error whenever the server starts.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
