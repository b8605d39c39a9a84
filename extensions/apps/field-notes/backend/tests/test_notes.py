import pytest

PUMP = {"title": "Pump 3", "body": "Oil leaking from the seal.", "tags": ["Pumps", "urgent", "pumps"]}
RADIO = {"title": "Radio check", "body": "Channel 9 is clear; the pump room answers.", "tags": ["radio"]}


@pytest.fixture
def two_notes(client):
    for draft in (PUMP, RADIO):
        client.post("/api/notes", json=draft)
    return client


def titles(client, **parameters):
    return [note["title"] for note in client.get("/api/notes", params=parameters).json()["notes"]]


def test_a_new_note_comes_back_with_tidy_tags(client):
    reply = client.post("/api/notes", json=PUMP | {"title": "  Pump 3 "})
    assert reply.status_code == 201
    assert (reply.json()["title"], reply.json()["tags"]) == ("Pump 3", ["pumps", "urgent"])


def test_the_latest_note_comes_first(two_notes):
    assert titles(two_notes) == ["Radio check", "Pump 3"]


@pytest.mark.parametrize("text", ["leaks", "leak oil", '"oil leaking"', "leaki", "urgent", "PUMP 3"])
def test_a_note_is_found_by_words_endings_beginnings_and_tags(two_notes, text):
    assert titles(two_notes, q=text) == ["Pump 3"]


def test_words_of_the_title_weigh_more(two_notes):
    assert titles(two_notes, q="pump") == ["Pump 3", "Radio check"]


def test_a_word_can_be_excluded(two_notes):
    assert titles(two_notes, q="pump -radio") == ["Pump 3"]


def test_a_tag_narrows_the_list(two_notes):
    assert titles(two_notes, tag="RADIO") == ["Radio check"]
    assert two_notes.get("/api/tags").json() == {"pumps": 1, "radio": 1, "urgent": 1}


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE notes; --", "& | !", "\x00"])
def test_signs_of_the_query_language_are_plain_text(two_notes, text):
    assert two_notes.get("/api/notes", params={"q": text}).status_code == 200
    assert len(titles(two_notes)) == 2


def test_a_percent_sign_does_not_match_everything(two_notes):
    assert titles(two_notes, q="%") == []


def test_all_matches_are_counted_beyond_the_limit(two_notes):
    page = two_notes.get("/api/notes", params={"limit": 1}).json()
    assert (len(page["notes"]), page["total"]) == (1, 2)


def test_a_changed_note_is_found_by_its_new_words_only(two_notes):
    two_notes.put("/api/notes/1", json={"title": "Valve", "body": "Closed.", "tags": []})
    assert titles(two_notes, q="valve") == ["Valve"]
    assert titles(two_notes, q="leaking") == []


def test_a_deleted_note_is_gone(two_notes):
    assert two_notes.delete("/api/notes/1").status_code == 204
    assert titles(two_notes) == ["Radio check"]
    assert two_notes.delete("/api/notes/1").status_code == 404
    assert two_notes.put("/api/notes/1", json=PUMP).status_code == 404


def test_the_export_is_markdown_with_every_match(two_notes):
    reply = two_notes.get("/api/export.md")
    assert reply.headers["content-type"].startswith("text/markdown")
    assert reply.text.startswith("# Field notes\n\n## Radio check\n")
    assert "#pumps #urgent*\n\nOil leaking from the seal.\n" in reply.text


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"title": "   "},
        {"title": "x" * 201},
        {"title": "x", "body": "x" * 20_001},
        {"title": "x", "body": "\x00"},
        {"title": "x\x00"},
        {"title": "x", "tags": ["two words"]},
        {"title": "x", "tags": ["t"] * 11},
    ],
)
def test_a_draft_that_cannot_be_kept_is_refused(client, draft):
    assert client.post("/api/notes", json=draft).status_code == 422


def test_an_id_beyond_the_database_is_refused(client):
    assert client.delete(f"/api/notes/{2**63}").status_code == 422


def test_health_is_200_while_the_database_answers(client):
    reply = client.get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "healthy", "checks": {"database": "ok"}})
