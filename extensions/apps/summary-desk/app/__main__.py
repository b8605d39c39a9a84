"""Serves the desk on port 8000, with what the environment says of the deployment."""

import os

from .deployment import Deployment
from .server import serve

if __name__ == "__main__":
    serve(Deployment.read(os.environ), 8000).serve_forever()
