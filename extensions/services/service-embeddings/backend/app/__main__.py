"""Runs the server: `python -m app`."""

import os

import uvicorn

uvicorn.run("app.main:app", host="0.0.0.0", port=8000, log_level=os.environ.get("LOG_LEVEL", "info"))
