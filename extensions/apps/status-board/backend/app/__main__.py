"""Serves the board that lies in DATA_DIR, on port 8001."""

import os
from pathlib import Path

from .board import Board
from .server import serve

if __name__ == "__main__":
    serve(Board(Path(os.environ.get("DATA_DIR", "/data"), "board.json")), 8001).serve_forever()
