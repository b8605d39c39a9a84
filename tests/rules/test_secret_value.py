"""A secret is told from a placeholder, by name and by value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.secret_value import secret_in, secret_shape

LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3f"
GITHUB = f"ghp_{LETTERS[:36]}"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DB_PASSWORD", "correct-horse", "a password"),
        ("password", "notes", "a password"),
        ("POSTGRES_PASSWORD", 123456, "a password"),
        ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:-notes}", "a password"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG", "a secret"),
        ("OPENAI_API_KEY", "abcdef", "a secret"),
        ("JWT_SECRET", "s3cr3t", "a secret"),
        ("DATABASE_URL", "postgres://notes:hunter22@db:5432/notes", "an address with a password"),
        ("CACHE", "redis://:hunter22@${HOST}:6379", "an address with a password"),
        ("DSN", "host=db user=a password=hunter22", "a password"),
        ("X", KEY, "a private key"),
        ("X", "x" * 5000 + KEY, "a private key"),
        ("X", GITHUB, "a GitHub token"),
        ("X", f"github_pat_{LETTERS}{LETTERS}", "a GitHub token"),
        ("X", f"glpat-{LETTERS[:20]}", "a GitLab token"),
        ("X", "AKIAQ2W3E4R5T6Y7U8I9", "an AWS access key"),
        ("X", "xoxb-1234567890-abc", "a Slack token"),
        ("X", f"AIza{LETTERS[:35]}", "a Google API key"),
        ("X", f"hf_{LETTERS[:34]}", "a Hugging Face token"),
        ("X", f"sk-proj-{LETTERS}", "an API key"),
        ("X", f"sk_live_{LETTERS[:24]}", "a Stripe key"),
        ("X", f"npm_{LETTERS[:36]}", "an npm token"),
        ("X", f"pypi-{LETTERS}{LETTERS}", "a PyPI token"),
        ("X", f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:20]}.{LETTERS[:20]}", "a signed web token"),
    ],
)
def test_a_secret_is_found(name: str, value: Any, what: str) -> None:
    assert secret_in(name, value) == what


@pytest.mark.parametrize(
    "value",
    [
        "", None, True, 1.5, ["x"], "changeme", "change-me", "Change_This", "change-me-please",
        "${DB_PASSWORD}",
        "$DB_PASSWORD", "${DB_PASSWORD:?set it}", "${DB_PASSWORD:-}", "${DB_PASSWORD:-change-me}",
        "<password>",
        "{{ password }}", "{deployment_id}", "%PASSWORD%", "[password]", "your-password-here", "my-password",
        "xxxx", "***", "...", "none", "null", "not-needed", "not set", "EMPTY", "dummy", "sk-no-key-required",
        "replace_me", "insert-your-key", "tbd", "n/a", "an example only", "/run/secrets/db",
        "./password.txt",
        "https://vault.acme.test/key",
    ],
)  # fmt: skip
def test_a_placeholder_is_no_secret(value: Any) -> None:
    assert secret_in("DB_PASSWORD", value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", "512"),
        ("TOKEN", "4096"),
        ("TOKENIZER_PATH", "models/tokenizer"),
        ("API_KEY_HEADER", "X-Api-Key"),
        ("SECRET_NAME", "notes"),
        ("PASSWORD_FILE", "notes"),
        ("COMPASS", "north"),
        ("PUBLIC_KEY", "ssh-ed25519 AAAA"),
        ("DATABASE_URL", "postgres://notes@db:5432/notes"),
        ("DATABASE_URL", "postgres://notes:${DB_PASSWORD}@db:5432/notes"),
        ("DATABASE_URL", "postgres://notes:${DB_PASSWORD:-change-me}@db/notes"),
        ("URL", "http://db:8000/a@b"),
        ("X", "AKIAIOSFODNN7EXAMPLE"),
        ("X", f"ghp_{'x' * 36}"),
        ("X", "task-sk-1"),
        ("X", "y" * 5000),
    ],
)
def test_what_only_looks_like_a_secret_is_none(name: str, value: str) -> None:
    assert secret_in(name, value) is None


@given(st.text(), st.text() | st.integers() | st.booleans() | st.none() | st.lists(st.text()))
def test_any_name_and_value_can_be_asked_about(name: str, value: Any) -> None:
    assert secret_in(name, value) is None or isinstance(secret_in(name, value), str)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_token_is_found_wherever_it_stands_in_a_text(before: str, after: str) -> None:
    assert secret_shape(f"{before} {GITHUB} {after}") is not None
