import json
import threading
import urllib.error
import urllib.request

import pytest

from app.board import MOST_ITEMS, Board, BoardError
from app.server import serve


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path / "board.json")


@pytest.fixture
def url(board):
    server = serve(board, 0, "127.0.0.1")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def send(method, url, body=None):
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, method=method)
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)


def test_what_is_broken_stands_first(board):
    for name, state in [("a", "ok"), ("b", "down"), ("c", "degraded")]:
        board.put(name, state)
    assert [item.name for item in board.items()] == ["b", "c", "a"]


def test_a_board_is_read_again_after_a_restart(board, tmp_path):
    board.put("printer", "down", "out of toner")
    assert Board(tmp_path / "board.json").items() == board.items()


def test_a_new_note_leaves_the_moment_of_the_state(board):
    before = board.put("printer", "down")
    assert board.put("printer", "down", "a note").since == before.since


@pytest.mark.parametrize(
    ("name", "state", "note"),
    [("", "ok", ""), ("x" * 61, "ok", ""), ("a/b", "ok", ""), ("a\n", "better", ""), ("a", "ok", "x" * 201),
     ("a", "ok", "two\nlines"), ("a", 1, ""), ("a", "ok", None)],
)
def test_an_entry_that_nobody_could_read_is_refused(board, name, state, note):
    with pytest.raises(BoardError):
        board.put(name, state, note)
    assert board.items() == []


def test_a_board_has_room_for_so_many_entries_and_no_more(board, monkeypatch):
    monkeypatch.setattr(board, "_store", lambda items: setattr(board, "_items", items))
    for number in range(MOST_ITEMS):
        board.put(f"item {number}", "ok")
    with pytest.raises(BoardError, match="full"):
        board.put("one more", "ok")


def test_whoever_waits_hears_of_a_change(board):
    board.put("a", "ok")
    version, _ = board.next(-1, 1)
    assert board.next(version, 0) is None
    threading.Timer(0.05, board.put, ("a", "down")).start()
    assert [item.state for item in board.next(version, 5)[1]] == ["down"]


def test_entries_come_and_go_over_http(url):
    assert send("PUT", f"{url}/items/mail%20server", {"state": "degraded"})["name"] == "mail server"
    assert [item["state"] for item in send("GET", f"{url}/items")] == ["degraded"]
    assert send("DELETE", f"{url}/items/mail%20server") == {"removed": True}
    assert send("GET", f"{url}/items") == []


def test_the_first_event_is_the_board_as_it_is(url):
    send("PUT", f"{url}/items/printer", {"state": "down"})
    with urllib.request.urlopen(f"{url}/sse/board", timeout=5) as stream:
        assert stream.readline() == b"event: board\n"
        assert json.loads(stream.readline().removeprefix(b"data: "))[0]["name"] == "printer"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("GET", "/nothing", None, 404), ("PUT", "/items/a", {"state": "well"}, 422), ("PUT", "/items/a", [], 400),
     ("PUT", "/items/a", {"note": "x" * 5000}, 422), ("DELETE", "/items/none", None, 404)],
)
def test_a_wrong_question_is_told(url, method, path, body, status):
    with pytest.raises(urllib.error.HTTPError) as caught:
        send(method, f"{url}{path}", body)
    assert caught.value.code == status


def test_health_is_503_when_the_board_cannot_be_written(url, board, monkeypatch):
    assert send("GET", f"{url}/health")["status"] == "healthy"
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        send("GET", f"{url}/health")
