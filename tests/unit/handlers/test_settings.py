"""The environment is read once, by name, and says what it does not understand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from handlers.settings import InvalidSetting, Settings, environment, from_env, secrets, shown, unknown_variables


def test_nothing_set_means_the_defaults() -> None:
    assert from_env({"PATH": "/bin", "SEGUE_PORT": ""}) == Settings()


def test_every_setting_can_be_set() -> None:
    asked = Settings(
        host="0.0.0.0", port=9000, data=Path("there"), memory=True, mongo="mongodb://db", workers=3, log_format="json",
        log_level="debug", access_log=False, http_at_once=1, http_body_limit=2, http_link_local=True,
        messages_waiting=5, script_seconds=0.5, script_memory_mb=64, crash_point="x:1",
        auth_keys="a:b", auth_keys_file="k", auth_token_seconds=1, auth_jwt_key_file="j", auth_jwt_issuer="i",
        auth_jwt_audience="u", auth_jwt_scope="s",
        payloads="p", payloads_url="http://u", payloads_endpoint="http://e", payloads_seconds=4,
        workflow_status_queue="conductor:w", task_status_queue="conductor:t",
    )  # fmt: skip
    fields = dataclasses.asdict(asked)
    assert all(value != getattr(Settings(), name) for name, value in fields.items())
    environ = {f"SEGUE_{name.upper()}": str(value).lower() for name, value in fields.items()}
    assert from_env(environ) == asked
    assert unknown_variables(environ) == []


def test_definitions_may_know_what_stands_behind_the_prefix() -> None:
    assert environment({"CONDUCTOR_ENV_STAGE": "test", "PATH": "/bin"}) == {"STAGE": "test"}


def test_settings_are_shown_without_what_is_secret() -> None:
    texts = shown(Settings(mongo="mongodb://user:password@db/segue", auth_keys="id:secret", workers=2))
    assert texts["SEGUE_MONGO"] == "mongodb://db/segue"
    assert texts["SEGUE_WORKERS"] == "2"
    assert not {"SEGUE_AUTH_KEYS"} & texts.keys()
    assert "secret" not in str(texts) and "password" not in str(texts)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SEGUE_PORT", "http", "SEGUE_PORT=http: expected int, got str"),
        ("SEGUE_MEMORY", "perhaps", "SEGUE_MEMORY=perhaps: expected bool, got str"),
        ("SEGUE_LOG_FORMAT", "xml", "SEGUE_LOG_FORMAT=xml: invalid enum value 'xml'"),
        ("SEGUE_HTTP_AT_ONCE", "0", "SEGUE_HTTP_AT_ONCE=0: expected int >= 1"),
    ],
)
def test_a_senseless_value_is_refused_by_name(name: str, value: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        from_env({name: value})
    assert str(refused.value) == complaint


def test_unknown_variables_come_with_the_nearest_name() -> None:
    environ = {"SEGUE_PROT": "1", "SEGUE_ENTIRELY_DIFFERENT": "x", "PORT": "1"}
    assert unknown_variables(environ) == [
        "SEGUE_ENTIRELY_DIFFERENT is not a setting",
        "SEGUE_PROT is not a setting; did you mean SEGUE_PORT?",
    ]


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert Settings(host="::1", port=9).address == "[::1]:9"
    assert Settings().address == "127.0.0.1:8080"


def test_e61_secrets_stand_behind_their_prefix() -> None:
    assert secrets({"CONDUCTOR_SECRET_KEY": "s", "CONDUCTOR_KEY": "no", "SEGUE_PORT": "1"}) == {"KEY": "s"}
