"""Runs the website's own scripts in Node: an expression in JavaScript in, its value out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from tests.site.sample import TEMPLATES

NODE = shutil.which("node") or shutil.which("nodejs")
ASSETS = TEMPLATES / "assets"
PRELUDE = """
const names = ["search", "data", "filters"];
const [search, data, filters] = names.map((name) => require(`${given.assets}/${name}.js`));
"""


def evaluate(body: str, **values: Any) -> Any:
    """What a function with this body returns; it sees `search`, `data`, `filters` and `given`, the values."""
    if NODE is None:
        pytest.skip("Node is not installed, so the search was not tried: install nodejs to run this test")
    given = json.dumps({"assets": str(ASSETS), **values})
    program = (
        'const given = JSON.parse(require("fs").readFileSync(0, "utf8"));'
        f"{PRELUDE}\nconst answer = (() => {{ {body} }})();\n"
        "process.stdout.write(JSON.stringify(answer));"
    )
    done = subprocess.run([NODE, "-e", program], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def opened(script: bytes) -> Any:
    """What the data script puts into the page."""
    quoted = script.decode().removeprefix("window.__CATALOG=JSON.parse('").removesuffix("');\n")
    return json.loads(re.sub(r"\\(.)", r"\1", quoted))
