"""Generates a workspace of N extensions like those that people write, deterministically."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.appgarden.emit import to_yaml
from catalog.appgarden.transform import transform
from catalog.workspace.extensions import read_extensions
from catalog.workspace.folders import extension_folders

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """\
services:
  frontend:
    build: ./frontend
    image: kamiwazaai/{name}-frontend:latest
    ports:
      - "{port}:8080"
    environment:
      - API_URL=http://backend:8000
      - PUBLIC_TITLE=${{PUBLIC_TITLE:-Extension {number}}}
    depends_on:
      - backend
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "-", "http://localhost:8080/health"]
      interval: 30s
      timeout: 5s
      retries: 3
  backend:
    build:
      context: ./backend
      dockerfile: Dockerfile
    ports:
      - "{api_port}:8000"
    volumes:
      - ./data:/app/data
    environment:
      DATABASE_URL: postgres://notes:notes@postgres:5432/notes
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
      WORKERS: "2"
    deploy:
      resources:
        limits:
          cpus: "1.0"
          memory: 1G
    depends_on:
      postgres:
        condition: service_healthy
  postgres:
    image: postgres:15-alpine
    environment:
      POSTGRES_USER: notes
      POSTGRES_PASSWORD: notes
      POSTGRES_DB: notes
    volumes:
      - postgres_data:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U notes"]
      interval: 10s
volumes:
  postgres_data:
"""
DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nUSER 10001\nCMD ["python", "-m", "app"]\n'
README = "# {name}\n\nAn extension that is number {number} of a generated workspace.\n\n## Settings\n\n" + (
    "It keeps notes, finds them again, and exports them. " * 20
)


def generate(root: Path, count: int) -> Path:
    """A workspace of `count` apps at `root`, with App Garden files that are current."""
    for number in range(count):
        name = f"sample-{number:05}"
        folder = root / "apps" / name
        folder.mkdir(parents=True)
        values = {
            "name": name,
            "number": number,
            "port": 20_000 + number % 9_000,
            "api_port": 30_000 + number % 9_000,
        }
        (folder / "docker-compose.yml").write_text(COMPOSE.format(**values), encoding="utf-8")
        for service in ("frontend", "backend"):
            (folder / service).mkdir()
            (folder / service / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        (folder / "README.md").write_text(README.format(**values), encoding="utf-8")
        (folder / "kamiwaza.json").write_text(json.dumps(_manifest(name, number), indent=2), encoding="utf-8")
    for extension in read_extensions(root, extension_folders(root)):
        data = transform(extension, "kamiwazaai").data
        (root / extension.directory / "docker-compose.appgarden.yml").write_text(
            to_yaml(data), encoding="utf-8"
        )
    return root


def _manifest(name: str, number: int) -> dict[str, object]:
    return {
        "name": name,
        "version": f"1.{number % 10}.{number % 7}",
        "source_type": "kamiwaza",
        "risk_tier": number % 3,
        "visibility": "public",
        "description": f"Generated extension number {number}",
        "category": ("productivity", "development", "ai")[number % 3],
        "tags": ["sample", f"group-{number % 20}"],
        "verified": number % 2 == 0,
        "preferred_model_type": "fast",
        "env_defaults": {"PUBLIC_URL": "https://localhost:{app_port}", "LOG_LEVEL": "info"},
    }
