"""The compose file cannot be run here: it is read, and held to the settings that exist."""

from __future__ import annotations

import yaml

from handlers.settings import from_env, unknown_variables
from tests.serving import PROJECT

FOLDER = PROJECT / "deploy"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))


def test_the_settings_of_the_compose_file_exist_and_fit_each_other() -> None:
    environment = COMPOSE["services"]["segue"]["environment"]
    assert unknown_variables(environment) == []
    settings = from_env(environment).checked()
    assert settings.store_place == "mongodb://mongo:27017/segue"
    published = COMPOSE["services"]["segue"]["ports"][0].split(":")[1]
    assert int(published) == settings.port


def test_its_services_and_volumes_are_declared() -> None:
    services = COMPOSE["services"]
    assert set(services["segue"]["depends_on"]) <= set(services)
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert named == set(COMPOSE["volumes"])


def test_the_image_gets_all_that_the_server_needs() -> None:
    build = COMPOSE["services"]["segue"]["build"]
    lines = (PROJECT / build["dockerfile"]).read_text(encoding="utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert (FOLDER / build["context"]).resolve() == PROJECT
    assert {"engine", "storage", "handlers", "openapi.yaml", "requirements.lock"} <= set(copied)
    assert all((PROJECT / name).exists() for name in copied)
