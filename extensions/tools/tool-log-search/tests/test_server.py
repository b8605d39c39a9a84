import anyio
import pytest
from mcp import Client

from src import page, server


@pytest.fixture(autouse=True)
def mounted(folder, monkeypatch):
    monkeypatch.setattr(server, "FOLDER", folder)
    page._render.cache_clear()


def call(name, **arguments):
    async def run():
        async with Client(server.server) as client:
            return await client.call_tool(name, arguments)

    return anyio.run(run)


def test_the_three_tools_are_offered_as_read_only():
    async def run():
        async with Client(server.server) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(run)
    assert [tool.name for tool in tools] == ["list_logs", "search_logs", "summarise_errors"]
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_logs_are_listed_over_mcp():
    answer = call("list_logs", files="*.gz").structured_content
    assert [file["name"] for file in answer["files"]] == ["old.log.gz"]


def test_a_search_over_mcp_answers_with_file_and_line():
    answer = call("search_logs", pattern="disk full", since="2025-09-18").structured_content
    assert [(match["file"], match["line"]) for match in answer["matches"]] == [("shop/worker.jsonl", 1)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"pattern": "("}, "RE2"),
        ({"pattern": "x", "since": "yesterday"}, "ISO 8601"),
        ({"pattern": "x", "minimum_level": "loud"}, "Choose one of"),
    ],
)
def test_a_wrong_question_is_explained_to_the_model(arguments, told):
    answer = call("search_logs", **arguments)
    assert answer.is_error
    assert told in answer.content[0].text


def test_the_page_escapes_what_stands_in_the_logs(folder, logs):
    (logs / "<b>.log").write_text("2025-09-18T10:00:00Z ERROR <script>alert(1)</script>\n")
    html = page.render(folder, "1.0.0")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;.log" in html
