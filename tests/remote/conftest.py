"""A platform on loopback, over HTTP and over HTTPS, and an S3 store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kamiwaza_stand_in import StandIn, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog.remote.s3_store import S3Store


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with running(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def platform(served: StandIn) -> StandIn:
    return served.reset()


@pytest.fixture(scope="module")
def served_by_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running(StandIn(), tmp_path_factory.mktemp("certificates")) as stand_in:
        yield stand_in


@pytest.fixture
def secure_platform(served_by_tls: StandIn) -> StandIn:
    return served_by_tls.reset()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    from tests.support.s3 import s3_server  # noqa: PLC0415  # only the slow tests wait for it

    with pytest.MonkeyPatch.context() as patch, s3_server() as endpoint:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield endpoint


@pytest.fixture
def s3(s3_endpoint: str) -> Callable[..., S3Store]:
    from tests.support.s3 import s3_store  # noqa: PLC0415

    return lambda prefix, patience=None: s3_store(s3_endpoint, prefix, patience)
