import base64

import numpy as np
import pytest

MANUAL = [
    {"id": "pump", "text": "The pump on deck three leaks oil", "metadata": {"page": 12}},
    {"id": "login", "text": "Reset the password of a user account"},
]


def put(client, items=MANUAL, collection="manuals"):
    return client.put(f"/v1/collections/{collection}/items", json={"items": items})


def search(client, text, **more):
    reply = client.post("/v1/collections/manuals/search", json={"text": text} | more)
    return [(match["id"], match["metadata"]) for match in reply.json()]


def test_health_answers_with_the_state_of_the_index(client):
    reply = client.get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "healthy", "checks": {"index": "ok"}})


def test_health_is_503_when_the_index_is_gone(client):
    client.app.state.index.close()
    assert client.get("/health").status_code == 503


def test_embeddings_have_the_shape_that_openai_clients_expect(client):
    body = client.post("/v1/embeddings", json={"input": ["one", "two"], "model": "any"}).json()
    assert [entry["index"] for entry in body["data"]] == [0, 1]
    assert len(body["data"][0]["embedding"]) == 512


def test_base64_holds_the_same_numbers(client):
    plain = client.post("/v1/embeddings", json={"input": "one"}).json()
    packed = client.post("/v1/embeddings", json={"input": "one", "encoding_format": "base64"}).json()
    numbers = np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), "<f4")
    assert numbers.tolist() == plain["data"][0]["embedding"]


@pytest.mark.parametrize("body", [{}, {"input": []}, {"input": ["x"] * 257}, {"input": "x" * 100_001}])
def test_a_request_without_or_with_too_much_text_is_refused(client, body):
    assert client.post("/v1/embeddings", json=body).status_code == 422


def test_the_nearest_item_comes_first_with_its_metadata(client):
    assert put(client).status_code == 204
    assert search(client, "oil leak at the pump")[0] == ("pump", {"page": 12})
    assert search(client, "forgotten password", limit=1) == [("login", {})]


def test_unrelated_items_come_only_when_asked_for(client):
    put(client)
    assert [found for found, _ in search(client, "oil leak", minimum_score=-1)] == ["pump", "login"]


def test_an_item_of_the_same_id_is_replaced(client):
    put(client)
    put(client, [{"id": "pump", "text": "Forgotten passwords"}])
    assert client.get("/v1/collections").json() == {"manuals": 2}
    assert search(client, "oil leak") == []


def test_a_deleted_item_is_not_found_again(client):
    put(client)
    assert client.delete("/v1/collections/manuals/items/pump").status_code == 204
    assert client.delete("/v1/collections/manuals/items/pump").status_code == 404
    assert search(client, "oil leak pump") == []


def test_the_index_survives_a_restart(client):
    from fastapi.testclient import TestClient

    put(client)
    with TestClient(client.app) as restarted:
        assert restarted.get("/v1/collections").json() == {"manuals": 2}


@pytest.mark.parametrize("name", ["../x", "UPPER", "-dash", "x" * 64])
def test_a_collection_name_is_a_plain_word(client, name):
    assert put(client, collection=name).status_code in {404, 422}


def test_the_page_shows_what_is_stored(client):
    put(client)
    page = client.get("/")
    assert "<code>manuals</code><b>2</b>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
