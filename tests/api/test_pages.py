"""The pages beside the API, as a real server serves them."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
import yaml

from tests.serving import Server


def get(server: Server, path: str) -> httpx.Response:
    return httpx.get(server.root_url + path, trust_env=False, timeout=10)


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_q23_health_as_the_reference_answers_it(server: Server, path: str) -> None:
    answer = get(server, path)
    assert answer.status_code == 200
    assert answer.json() == {"healthResults": [], "suppressedHealthResults": [], "healthy": True}


def test_a_serving_server_lives_and_is_ready(server: Server) -> None:
    assert get(server, "/health/live").json() == {"live": True}
    ready = get(server, "/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})


def test_the_contract_is_served_in_both_forms(server: Server) -> None:
    as_json, as_yaml = get(server, "/openapi.json"), get(server, "/openapi.yaml")
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json()["openapi"] == "3.1.0"
    assert yaml.safe_load(as_yaml.text) == as_json.json()


def test_swagger_ui_needs_nothing_from_elsewhere(server: Server) -> None:
    page = get(server, "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text.replace("http-equiv", "")
    links = [part.split('"')[0] for part in page.text.replace("src=", "href=").split('href="')[1:]]
    assert len(links) == 3
    for link in links:
        asset = get(server, f"/{link}")
        assert asset.status_code == 200, link
        assert "max-age" in asset.headers["cache-control"]
    bundle = get(server, "/docs/swagger-ui-bundle.js")
    assert "SwaggerUIBundle" in bundle.text


def test_what_is_not_there_is_told_in_json(server: Server) -> None:
    for path in ("/", "/docs/other.js", "/health/other"):
        answer = get(server, path)
        assert answer.status_code == 404
        assert answer.json()["retryable"] is False


def test_a_contract_and_handlers_that_do_not_fit_stop_the_start() -> None:
    program = (
        "from handlers import metadata\n"
        "async def wrong(self, nonsense): ...\n"
        "metadata.Metadata.list_task_definitions = wrong\n"
        "from handlers.app import create_app\n"
        "from handlers.settings import Settings\n"
        "create_app(Settings(memory=True))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert ended.returncode != 0
    assert "listTaskDefinitions" in ended.stderr
    assert "nonsense" in ended.stderr
