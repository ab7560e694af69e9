"""Wrong URLs of a storage are refused, and passwords in URLs are never shown or stored."""

import sys
from pathlib import Path

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.urls import (
    as_stored,
    check_url,
    split_password,
    without_password,
)
from tests.support.refusal import refusal


@pytest.mark.parametrize(
    "url",
    [
        "mysql://lab:secret@host/db",
        "sqlite:///x",
        "postgres://lab:secret@host/db",
        "postgresql+asyncpg://lab:secret@host/db",
        "postgresql://lab:secret@host:port/db",
        "postgresql//lab:secret@host/db",
        "postgresql:/lab:secret@host/db",
        "lab:secret@host/db",
        "garbage",
        "",
    ],
)
def test_a_wrong_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage must be null") as failed:
        Storage(tmp_path / "s", url)
    assert "secret" not in str(failed.value)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("url", ["postgresql://host/db", "postgresql+psycopg://a:b@host:1/db"])
def test_a_postgresql_url_is_taken(url: str) -> None:
    assert refusal(check_url, url) is None


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage needs the package psycopg"):
        check_url("postgresql://host/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://lab:secret@host:5432/db", "postgresql://lab:***@host:5432/db"),
        ("postgresql://lab:se:cr@t@host/db", "postgresql://lab:***@host/db"),
        ("'postgresql://lab:secret@host/db?a=b'", "'postgresql://lab:***@host/db?a=b'"),
        ("postgresql://host/db?user=a&password=secret&b=c", None),
        ('"postgresql://host/db?password=secret"', 'postgresql://host/db?password=***"'),
        ("lab:secret@host/db", "lab:***@host/db"),
        ("postgresql://lab@host:5432/db", "postgresql://lab@host:5432/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("${oc.env:DATABASE}", "${oc.env:DATABASE}"),
        ("postgresql://host/db?sslPassWord=s&a=b", "postgresql://host/db?sslPassWord=***&a=b"),
        ("postgresql://host/db?a=b&pass%77ord=s", "postgresql://host/db?a=b&pass%77ord=***"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str | None) -> None:
    shown = shown or "postgresql://host/db?user=a&password=***&b=c"
    assert without_password(url) == shown or without_password(url) == f'"{shown}'


@pytest.mark.parametrize(
    ("override", "stored"),
    [
        (f"{plus}hydra.sweeper.storage={quote}{url}{quote}", f"{plus}hydra.sweeper.storage={bare}")
        for plus in ("", "+", "++")
        for quote in ("", "'", '"')
        for url, bare in (
            ("postgresql://lab:se%40cret@host:1/db", f"{quote}postgresql://lab@host:1/db{quote}"),
            ("postgresql://host/db?pass%77ord=secret", f"{quote}postgresql://host/db{quote}"),
        )
    ]
    + [
        ("hydra.sweeper.storage=${oc.env:DATABASE}", "hydra.sweeper.storage=${oc.env:DATABASE}"),
        ("hydra.sweeper.storage=lab:secret@host/db", "hydra.sweeper.storage=lab:***@host/db"),
        ("hydra.sweeper.name=a:b@c", "hydra.sweeper.name=a:b@c"),
        (
            "++hydra.sweeper={storage:'postgresql://lab:secret@host/db'}",
            "++hydra.sweeper={storage:***@host/db'}",
        ),
    ],
)
def test_a_password_is_not_stored(override: str, stored: str) -> None:
    assert as_stored(override) == stored
    assert "secret" not in stored


def test_a_password_that_cannot_be_hidden_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage: sslpassword would be"):
        check_url("postgresql://host/db?sslpassword=secret")


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("postgresql://lab:s%40cret@host:1/db?a=b", "postgresql://lab@host:1/db?a=b", "s@cret"),
        ("postgresql://host/db?password=secret&a=b", "postgresql://host/db?a=b", "secret"),
        ("postgresql://lab@host/db", "postgresql://lab@host/db", None),
    ],
)
def test_a_password_is_split_off(url: str, bare: str, password: str | None) -> None:
    assert split_password(url) == (bare, password)
