"""The HTTP interface: embeddings in the shape of OpenAI's API, and collections to search.

In: JSON requests. Out: JSON answers, `/health`, and a page for people at `/`.
"""

from __future__ import annotations

import base64
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from . import page
from .embedding import DIMENSIONS, MODEL, embed
from .index import Index, Item

MAX_TEXTS = int(os.environ.get("MAX_TEXTS", "256"))
MAX_CHARACTERS = 100_000
# Texts with nothing in common still score up to about 0.1, where hashes of their features collide.
NOISE = 0.1

Text = Annotated[str, Field(max_length=MAX_CHARACTERS)]
Name = Annotated[str, PathParameter(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Id = Annotated[str, Field(min_length=1, max_length=200)]


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    application.state.index = Index(Path(os.environ.get("DATA_DIR", "/data")))
    yield
    application.state.index.close()


# The framework's own documentation page loads scripts from the internet, so ours takes its place.
app = FastAPI(title="Embeddings", version="1.0.0", lifespan=lifespan, docs_url=None, redoc_url=None)


def index(request: Request) -> Index:
    return request.app.state.index


Store = Annotated[Index, Depends(index)]


class EmbeddingRequest(BaseModel):
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]
    model: str = MODEL
    encoding_format: Literal["float", "base64"] = "float"


class StoredItem(BaseModel):
    id: Id
    text: Text
    metadata: dict[str, Any] = {}


class Items(BaseModel):
    items: Annotated[list[StoredItem], Field(min_length=1, max_length=MAX_TEXTS)]


class SearchRequest(BaseModel):
    text: Text
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    minimum_score: Annotated[float, Field(ge=-1, le=1)] = NOISE


class Found(BaseModel):
    id: str
    score: float
    text: str
    metadata: dict[str, Any]


@app.post("/v1/embeddings")
def create_embeddings(request: EmbeddingRequest) -> dict[str, Any]:
    """Embeds one text or many; `model` is accepted for compatibility and answered with ours."""
    texts = [request.input] if isinstance(request.input, str) else request.input
    vectors = [embed(text) for text in texts]
    if request.encoding_format == "base64":
        shown: list[Any] = [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
    else:
        shown = [vector.tolist() for vector in vectors]
    words = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "model": MODEL,
        "data": [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(shown)],
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


@app.get("/v1/models")
def models() -> dict[str, Any]:
    """Lists the one model, so that clients can ask for it."""
    model = {"id": MODEL, "object": "model", "owned_by": "service-embeddings", "dimensions": DIMENSIONS}
    return {"object": "list", "data": [model]}


@app.get("/v1/collections")
def collections(store: Store) -> dict[str, int]:
    """Returns the number of items by collection."""
    return store.collections()


@app.put("/v1/collections/{collection}/items", status_code=204)
def put_items(collection: Name, request: Items, store: Store) -> Response:
    """Adds items, or replaces those of the same id."""
    store.put(collection, [Item(item.id, item.text, item.metadata) for item in request.items])
    return Response(status_code=204)


@app.delete("/v1/collections/{collection}/items/{item_id}", status_code=204)
def delete_item(collection: Name, item_id: str, store: Store) -> Response:
    """Removes one item."""
    if not store.delete(collection, item_id):
        raise HTTPException(404, f"Collection '{collection}' has no item '{item_id}'.")
    return Response(status_code=204)


@app.post("/v1/collections/{collection}/search")
def search(collection: Name, request: SearchRequest, store: Store) -> list[Found]:
    """Returns the nearest items of a collection, the best first."""
    matches = store.search(collection, request.text, request.limit, request.minimum_score)
    return [
        Found(id=match.item.id, score=match.score, text=match.item.text, metadata=match.item.metadata)
        for match in matches
    ]


@app.get("/health")
def health(store: Store) -> JSONResponse:
    """Answers 200 while the index can be read, else 503."""
    try:
        store.check()
    except sqlite3.Error:
        return JSONResponse({"status": "degraded", "checks": {"index": "error"}}, status_code=503)
    return JSONResponse({"status": "healthy", "checks": {"index": "ok"}})


@app.get("/", include_in_schema=False)
def status(store: Store) -> HTMLResponse:
    """Shows people what the service holds and how to use it."""
    return HTMLResponse(page.render(store, app.version), headers=page.HEADERS)
