import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.deployment import TOLD, Deployment
from app.extract import extract, sentences
from app.server import OWN_WAY, serve

TEXT = (
    "The pump on deck three leaks oil. Somebody made coffee. The oil from the pump runs to the deck drain. "
    "A new seal for the pump stops the oil."
)


class Model(BaseHTTPRequestHandler):
    """Answers as an OpenAI-compatible model with `answer`."""

    answer = {"choices": [{"message": {"content": " Oil leaks. "}}]}
    heard = []

    def do_GET(self):
        self.send({"data": [{"id": "a-model"}]})

    def do_POST(self):
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send(self.answer)

    def send(self, value):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def running():
    servers = []

    def run(server):
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def model(running):
    return running(ThreadingHTTPServer(("127.0.0.1", 0), Model))


def send(url, body=None):
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, content), timeout=5) as reply:
        return reply.read().decode()


def desk(running, **environment):
    return running(serve(Deployment.read(environment), 0, "127.0.0.1"))


def test_the_weightiest_sentences_are_picked_in_their_order():
    assert extract(TEXT, 2) == f"{sentences(TEXT)[0]} {sentences(TEXT)[2]}"
    assert extract(TEXT, 10) == TEXT
    assert extract("", 3) == ""


def test_a_model_writes_the_summary_and_is_named(running, model):
    url = desk(running, OPENAI_BASE_URL=f"{model}/")
    assert json.loads(send(f"{url}/api/summary", {"text": TEXT})) == {"summary": "Oil leaks.", "by": "a-model"}
    assert Model.heard[-1]["messages"][1] == {"role": "user", "content": TEXT}


@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [{"message": {"content": None}}]}, []])
def test_a_model_that_says_nothing_is_told_and_replaced(running, model, answer, monkeypatch):
    monkeypatch.setattr(Model, "answer", answer)
    found = json.loads(send(f"{desk(running, MODEL_URL=model)}/api/summary", {"text": TEXT, "sentences": 1}))
    assert (found["by"], found["summary"]) == (OWN_WAY, sentences(TEXT)[2])
    assert found["problem"]


def test_without_a_model_the_desk_works_by_itself(running):
    found = json.loads(send(f"{desk(running)}/api/summary", {"text": TEXT, "sentences": 4}))
    assert found == {"summary": TEXT, "by": OWN_WAY}


def test_a_template_that_is_left_as_it_is_counts_as_not_filled_in():
    left = Deployment.read({name: "{app_port}" for name in TOLD})
    assert set(left.told.values()) == {""}
    assert left.model_url == ""


def test_the_injected_address_comes_before_the_others():
    found = Deployment.read({"MODEL_URL": "http://b/v1", "MODEL_PATH_URL": "http://c/v1", "OPENAI_BASE_URL": "http://a/v1/"})
    assert found.model_url == "http://a/v1"
    assert Deployment.read({"MODEL_PATH_URL": "http://c/v1"}).model_url == "http://c/v1"
    assert Deployment.read({"MODEL_URL": "/v1"}).model_url == ""


def test_the_page_shows_what_the_platform_told_as_text(running):
    page = send(desk(running, APP_LABEL="<b>Desk</b>", APP_PORT="61110"))
    assert "<h1>&lt;b&gt;Desk&lt;/b&gt;</h1>" in page
    assert "<dd>61110</dd>" in page


@pytest.mark.parametrize(
    "body", [{}, [], {"text": ""}, {"text": 1}, {"text": "x" * 50}, {"text": "x", "sentences": 0},
             {"text": "x", "sentences": True}],
)
def test_a_question_that_cannot_be_answered_is_refused(running, body):
    with pytest.raises(urllib.error.HTTPError, match="422"):
        send(f"{desk(running, LONGEST_TEXT='40')}/api/summary", body)


def test_health_is_good_without_a_model(running):
    assert json.loads(send(f"{desk(running)}/health"))["status"] == "healthy"
