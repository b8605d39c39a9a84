"""A notebook in a database of its own for each test run, emptied before each test."""

import os
import secrets

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from app import settings
from app.main import app


@pytest.fixture(scope="session")
def database():
    name = f"test_{secrets.token_hex(4)}"
    try:
        server = psycopg.connect(settings.database(), autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"needs PostgreSQL at DATABASE_HOST: {error}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        before = os.environ.get("DATABASE_NAME")
        os.environ["DATABASE_NAME"] = name
        yield name
        if before is None:
            del os.environ["DATABASE_NAME"]
        else:
            os.environ["DATABASE_NAME"] = before
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def running(database):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(running):
    with psycopg.connect(settings.database()) as connection:
        connection.execute("TRUNCATE notes RESTART IDENTITY")
    return running
