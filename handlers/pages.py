"""Pages beside the API: health, the contract itself, and Swagger UI on it (assets from a package, no CDN)."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import flask
import msgspec

from handlers.health import Health
from handlers.http.contract import load_document

HEALTHY = {"healthResults": [], "suppressedHealthResults": [], "healthy": True}
"""The reference's answer, which its command line and test suites wait for."""

CONTEXT = "window.conductor = window.conductor || {};\nwindow.conductor.CONDUCTOR_INTEGRATIONS_AI_ENABLED = false;\n"
"""What the newer web UI asks of its server: the pages for agents, skills and secrets are hidden."""

SWAGGER_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
ASSETS_KEPT = 86_400
"""Seconds a browser may keep an asset."""

SWAGGER_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Segue API</title>
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
  <link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script>SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true})</script>
</body>
</html>
"""


class Pages:
    """The routes to add to a Flask application: `Pages(health, contract)(app)`."""

    def __init__(self, health: Health, contract: Path) -> None:
        self._health = health
        self._contract = contract

    def __call__(self, app: flask.Flask) -> None:
        """Add every page."""
        self._add_health(app)
        app.add_url_rule("/context.js", "context", lambda: flask.Response(CONTEXT, mimetype="application/javascript"))
        self._add_contract(app)
        self._add_swagger_ui(app)

    def _add_health(self, app: flask.Flask) -> None:
        app.add_url_rule("/health", "health", lambda: HEALTHY)
        app.add_url_rule("/api/health", "api_health", lambda: HEALTHY)
        app.add_url_rule("/health/live", "live", lambda: {"live": True})
        app.add_url_rule("/health/ready", "ready", self._ready)

    def _ready(self) -> tuple[dict[str, object], int]:
        reasons = self._health.reasons()
        return {"ready": not reasons, "reasons": reasons}, 503 if reasons else 200

    def _add_contract(self, app: flask.Flask) -> None:
        as_yaml, as_json = self._contract.read_bytes(), msgspec.json.encode(load_document(self._contract))
        app.add_url_rule("/openapi.yaml", "yaml", lambda: flask.Response(as_yaml, mimetype="application/yaml"))
        app.add_url_rule("/openapi.json", "json", lambda: flask.Response(as_json, mimetype="application/json"))

    def _add_swagger_ui(self, app: flask.Flask) -> None:
        app.add_url_rule("/docs", "docs", lambda: flask.Response(SWAGGER_PAGE, mimetype="text/html"))
        for name in SWAGGER_ASSETS:
            app.add_url_rule(f"/docs/{name}", f"docs_{name.replace('.', '_')}", _swagger_asset, defaults={"name": name})


def _swagger_asset(name: str) -> flask.Response:
    return flask.send_from_directory(_swagger_folder(), name, max_age=ASSETS_KEPT)


def _swagger_folder() -> Path:
    with resources.as_file(resources.files("flask_swagger_ui")) as package:
        return package / "dist"
