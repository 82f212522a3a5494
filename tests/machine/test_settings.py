"""Settings from the environment."""

import pytest

from command_center.problem import Problem
from command_center.settings import read_language, read_settings


def test_nothing_is_needed() -> None:
    settings = read_settings({})
    assert settings.database_url is None
    assert settings.broker_url is None
    assert str(settings.data) == "var"
    assert settings.secret == b""
    assert settings.demo_login is False


def test_everything_is_read() -> None:
    settings = read_settings(
        {
            "COMMAND_CENTER_DATABASE_URL": "postgresql://city@db/city",
            "COMMAND_CENTER_BROKER_URL": "mqtts://broker:8883",
            "COMMAND_CENTER_DATA": "/srv/city",
            "COMMAND_CENTER_LANGUAGE": "zh",
            "COMMAND_CENTER_PUBLIC_URL": "https://city.example.org/",
            "COMMAND_CENTER_SECRET": "ab" * 32,
            "COMMAND_CENTER_DEMO_LOGIN": "1",
        }
    )
    assert settings.public_url == "https://city.example.org"
    assert settings.secret == b"\xab" * 32
    assert settings.demo_login is True
    assert settings.language == "zh"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMAND_CENTER_DATABASE_URL", "mysql://city@db/city"),
        ("COMMAND_CENTER_BROKER_URL", "localhost:1883"),
        ("COMMAND_CENTER_PUBLIC_URL", "city.example.org"),
        ("COMMAND_CENTER_SECRET", "short"),
        ("COMMAND_CENTER_SECRET", "ab" * 16),
        ("COMMAND_CENTER_DEMO_LOGIN", "maybe"),
        ("COMMAND_CENTER_QUARANTINE_MOST", "999"),
    ],
)
def test_what_cannot_be_used_is_named_in_both_languages(name: str, value: str) -> None:
    with pytest.raises(Problem) as caught:
        read_settings({name: value})
    assert name in caught.value.zh
    assert name in caught.value.en


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "COMMAND_CENTER_LANGUAGE": "en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_person(environ: dict[str, str], language: str) -> None:
    assert read_language(environ) == language
