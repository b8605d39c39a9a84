import anyio
import pytest
from mcp import Client
from starlette.testclient import TestClient

from src import server


@pytest.fixture
def web():
    return TestClient(server.server.streamable_http_app())


def call(name, **arguments):
    async def run():
        async with Client(server.server) as client:
            return await client.call_tool(name, arguments)

    return anyio.run(run)


def test_a_model_asks_and_gets_values():
    found = call("days_between", start="2026-11-20", end="2026-12-24").structured_content
    assert found == {"days": 34, "working_days": 24}
    assert call("add_days", date="2026-11-20", days=1, working=True).structured_content["weekday"] == "Monday"


def test_a_model_is_told_how_to_ask():
    answer = call("describe_date", date="tomorrow")
    assert answer.is_error
    assert "2026-11-20" in answer.content[0].text


def test_people_and_machines_see_that_it_runs(web):
    assert web.get("/health").json() == {"status": "healthy"}
    assert "/mcp" in web.get("/").text
