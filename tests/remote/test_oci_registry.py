"""An image registry that may do anything: what is there is known exactly, what is not is told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from catalog.errors import CatalogError, IntegrityError, MissingError, UsageError
from catalog.remote.clock import SystemClock
from catalog.remote.credentials import Login, Token
from catalog.remote.failures import BusyError, PlatformError, RefusedImageError, UnansweredError
from catalog.remote.oci_registry import OciRegistries
from catalog.remote.oci_transports import Access
from catalog.remote.transport import Limits
from tests.support.kamiwaza_stand_in import make_certificates
from tests.support.registry_stand_in import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    RegistryStandIn,
    Reply,
    digest,
    errors,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.remote.credentials import Credentials
    from catalog.remote.oci_registry import RemoteImage

PASSWORD = "pa55-wörd-secret"
LOGIN = Login("ada", SecretStr(PASSWORD))
NAME = "acme/notes-web"
MANIFEST = f"/v2/{NAME}/manifests/1.0.0"


class Clock(SystemClock):
    """Lets no time pass, and remembers how much was asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def registry() -> Iterator[RegistryStandIn]:
    with running() as stand_in:
        yield stand_in


def look(
    registry: RegistryStandIn,
    tag: str = "1.0.0",
    credentials: Credentials | None = None,
    clock: Clock | None = None,
    limits: Limits | None = None,
) -> RemoteImage | None:
    access = Access(lambda _: credentials, lambda _: None, frozenset(), limits or Limits(), clock or Clock())
    separator = "@" if tag.startswith("sha") else ":"
    with OciRegistries(access) as registries:
        return registries.manifest_of(f"{registry.host}/{NAME}{separator}{tag}")


def failure(registry: RegistryStandIn, **options: Any) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        look(registry, **options)
    said = f"{caught.value.message} {caught.value.hint}"
    assert PASSWORD not in said
    assert registry.token not in said
    return caught.value


def test_an_image_is_known_by_the_digest_of_its_bytes(registry: RegistryStandIn) -> None:
    known = registry.put_image(NAME, "1.0.0", "linux/arm64/v8")
    found = look(registry)
    assert found
    assert (found.digest, found.platforms, found.is_list) == (known, ("linux/arm64/v8",), False)
    assert found.bytes > 1000


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_a_list_has_every_platform_with_its_own_digest(registry: RegistryStandIn, media_type: str) -> None:
    platforms = {name: registry.put_image(NAME, name[6:], name) for name in ("linux/amd64", "linux/arm64")}
    registry.put_list(NAME, "1.0.0", platforms)
    _, content = registry.contents[MANIFEST]
    content = content.replace(OCI_INDEX.encode(), media_type.encode())
    known = registry.put(NAME, "1.0.0", content, media_type)
    found = look(registry)
    assert found
    assert found.digest == known
    assert {one.platform: one.digest for one in found.variants} == platforms


def test_attestations_in_a_list_are_no_platforms(registry: RegistryStandIn) -> None:
    image = registry.put_image(NAME, "amd64")
    registry.put_list(NAME, "1.0.0", {"linux/amd64": image, "unknown/unknown": f"sha256:{'b' * 64}"})
    found = look(registry)
    assert found
    assert found.platforms == ("linux/amd64",)


def test_a_list_that_names_what_is_not_there_is_refused(registry: RegistryStandIn) -> None:
    registry.put_list(NAME, "1.0.0", {"linux/amd64": f"sha256:{'b' * 64}"})
    error = failure(registry)
    assert isinstance(error, IntegrityError)
    assert "linux/amd64, which is not there" in error.message


def test_an_engine_knows_the_image_by_config_manifest_or_list(registry: RegistryStandIn) -> None:
    manifest = registry.put_image(NAME, "amd64")
    index = registry.put_list(NAME, "1.0.0", {"linux/amd64": manifest})
    found = look(registry)
    assert found
    assert all(found.has(known) for known in (manifest, index, found.variants[0].config))
    assert not found.has(f"sha256:{'c' * 64}")


@pytest.mark.parametrize("code", ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"])
def test_an_image_is_absent_when_the_registry_says_so(registry: RegistryStandIn, code: str) -> None:
    registry.answers[MANIFEST] = [Reply(404, {}, errors(code))]
    assert look(registry) is None


def test_a_bare_404_means_absent_only_from_a_registry(registry: RegistryStandIn) -> None:
    registry.answers[MANIFEST] = [Reply(404, {"Content-Type": "text/html"}, b"<h1>Not found</h1>")]
    assert look(registry) is None
    registry.answers["/v2/"] = [Reply(200), Reply(404)]
    error = failure(registry)
    assert isinstance(error, PlatformError)
    assert "is no image registry" in error.message


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, PlatformError, "gives an answer that is none"),
        (401, RefusedImageError, "wants a login, or has no such image"),
        (403, RefusedImageError, "refuses it"),
        (405, PlatformError, "gives an answer that is none"),
        (429, BusyError, "allows no more requests"),
        (500, UnansweredError, "failed"),
        (503, UnansweredError, "failed"),
        (507, UnansweredError, "failed"),
    ],
)
def test_every_refusal_has_its_own_words(
    registry: RegistryStandIn, status: int, kind: type[CatalogError], words: str
) -> None:
    registry.answers[MANIFEST] = [Reply(status, {}, errors("DENIED", "because of reasons"))]
    error = failure(registry)
    assert type(error) is kind
    assert words in error.message
    assert "DENIED: because of reasons" in error.message
    assert registry.host in error.message


@pytest.mark.parametrize("status", [429, 502, 503])
def test_what_passes_is_waited_for(registry: RegistryStandIn, status: int) -> None:
    known = registry.put_image(NAME, "1.0.0")
    content = registry.contents[MANIFEST][1]
    good = Reply(200, {"Content-Type": DOCKER_MANIFEST}, content)
    registry.answers[MANIFEST] = [Reply(status, {"Retry-After": "7"}), good]
    clock = Clock()
    found = look(registry, clock=clock)
    assert found
    assert found.digest == known
    assert clock.slept == [7.0]


def asked_for(registry: RegistryStandIn, *tags: str) -> list[str]:
    """What is said of each image, one after the other; empty if it is there or is known not to be."""
    said = []
    with OciRegistries(Access(lambda _: None, lambda _: None, clock=Clock())) as registries:
        for tag in tags:
            try:
                registries.manifest_of(f"{registry.host}/{NAME}:{tag}")
            except CatalogError as error:
                said.append(error.message)
            else:
                said.append("")
    return said


def requests_for(registry: RegistryStandIn, tag: str) -> int:
    return sum(1 for seen in registry.seen if seen.path == f"/v2/{NAME}/manifests/{tag}")


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_what_goes_wrong_with_one_image_is_not_said_of_others(registry: RegistryStandIn, status: int) -> None:
    registry.answers[MANIFEST] = [Reply(status)]
    registry.put_image(NAME, "2.0.0")
    first, second, third = asked_for(registry, "1.0.0", "2.0.0", "3.0.0")
    assert f"1.0.0 ({status})" in first
    assert second == third == ""


def test_a_registry_that_fails_three_times_in_a_row_is_not_asked_for_the_rest(
    registry: RegistryStandIn,
) -> None:
    tags = [str(number) for number in range(1, 7)]
    for tag in tags:
        registry.answers[f"/v2/{NAME}/manifests/{tag}"] = [Reply(503)]
    registry.answers[f"/v2/{NAME}/manifests/2"] = [Reply(400)]  # an answer, so the row begins anew
    said = asked_for(registry, *tags)
    assert "was not asked for" not in " ".join(said[:5])
    assert f"{registry.host}/{NAME}:6, since it failed 3 times in a row" in said[5]
    assert "manifests/5 (503)" in said[5]
    assert requests_for(registry, "6") == 0


def test_a_registry_that_cannot_be_reached_is_tried_three_times(registry: RegistryStandIn) -> None:
    registry.url = "http://127.0.0.1:9"
    said = asked_for(registry, "1", "2", "3", "4")
    assert ["was not asked for" in one for one in said] == [False, False, False, True]
    assert "cannot be reached" in said[3]


def test_a_registry_that_allows_no_more_requests_is_not_asked_for_the_rest(registry: RegistryStandIn) -> None:
    registry.answers[MANIFEST] = [Reply(429)]
    first, second = asked_for(registry, "1.0.0", "2.0.0")
    assert "allows no more requests" in first
    assert f"was not asked for {registry.host}/{NAME}:2.0.0, since it allows no more requests" in second
    assert requests_for(registry, "2.0.0") == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_registry_that_is_busy_when_it_is_looked_for_is_not_said_to_lack_tls(
    registry: RegistryStandIn, status: int
) -> None:
    registry.answers["/v2/"] = [Reply(status)]
    registry.answers[MANIFEST] = [Reply(status)]
    (said,) = asked_for(registry, "1.0.0")
    assert f"1.0.0 ({status})" in said


def test_a_registry_that_was_not_found_for_one_image_is_looked_for_again(registry: RegistryStandIn) -> None:
    registry.put_image(NAME, "2.0.0")
    registry.answers["/v2/"] = [Reply(404), Reply(200)]
    first, second = asked_for(registry, "1.0.0", "2.0.0")
    assert "does not speak TLS" in first
    assert not second


def test_bytes_that_are_not_what_their_digest_says_are_refused(registry: RegistryStandIn) -> None:
    known = registry.put_image(NAME, "1.0.0")
    path = f"/v2/{NAME}/manifests/{known}"
    registry.contents[path] = (DOCKER_MANIFEST, registry.contents[path][1] + b" ")
    error = failure(registry, tag=known)
    assert isinstance(error, IntegrityError)
    assert "not the one that it is called by" in error.message


def test_a_config_that_is_not_what_its_digest_says_is_refused(registry: RegistryStandIn) -> None:
    registry.put_image(NAME, "1.0.0")
    path = next(path for path in registry.contents if "/blobs/" in path)
    registry.contents[path] = ("application/json", b'{"os":"linux","architecture":"s390x"}')
    assert isinstance(failure(registry), IntegrityError)
    del registry.contents[path]
    assert "The config of" in failure(registry).message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"<html>",
        b"[" * 100_000,
        b'{"schemaVersion": 2}',
        b'{"schemaVersion": 1, "name": "x"}',
        b'{"config": {"digest": "../../etc/passwd", "size": 1}, "layers": []}',
        b'{"config": {"digest": "sha256:' + b"a" * 64 + b'", "size": -1}, "layers": []}',
        b'{"manifests": [{"digest": 5, "size": 1}]}',
        json.dumps({"manifests": [{"digest": f"sha256:{'a' * 64}", "size": 1}] * 129}).encode(),
    ],
)
def test_a_document_of_another_form_is_refused(registry: RegistryStandIn, content: bytes) -> None:
    registry.put(NAME, "1.0.0", content, "application/json")
    assert isinstance(failure(registry), IntegrityError)


def test_a_list_of_lists_is_refused(registry: RegistryStandIn) -> None:
    inner = registry.put_list(NAME, "inner", {})
    registry.put_list(NAME, "1.0.0", {"linux/amd64": inner})
    assert "another list" in failure(registry).message


def test_a_config_without_a_platform_is_refused(registry: RegistryStandIn) -> None:
    config = b"{}"
    registry.contents[f"/v2/{NAME}/blobs/{digest(config)}"] = ("application/json", config)
    document = {"config": {"digest": digest(config), "size": 2}, "layers": []}
    registry.put(NAME, "1.0.0", json.dumps(document).encode(), OCI_MANIFEST)
    assert "names no platform" in failure(registry).message


def test_answers_have_a_largest_size(registry: RegistryStandIn) -> None:
    registry.put(NAME, "1.0.0", b" " * 5_000_000, OCI_MANIFEST)
    assert isinstance(failure(registry), IntegrityError)
    error = failure(registry, limits=Limits(size=1000))
    assert "more than 1,000 bytes" in error.message


def test_an_answer_that_is_cut_off_is_no_answer(registry: RegistryStandIn) -> None:
    registry.answers[MANIFEST] = [Reply(200, {"Content-Length": "1000"}, b"{}")]
    error = failure(registry, limits=Limits(silence=0.2))
    assert isinstance(error, MissingError)


def test_a_registry_that_is_not_there_is_said_to_be_unreachable(registry: RegistryStandIn) -> None:
    registry.url = "http://127.0.0.1:9"
    assert "cannot be reached" in failure(registry).message


def test_what_is_no_reference_is_a_wrong_use(registry: RegistryStandIn) -> None:
    access = Access(lambda _: None, lambda _: None)
    with OciRegistries(access) as registries, pytest.raises(UsageError):
        registries.manifest_of(f"{registry.host}/UPPER:1")


def test_a_basic_login_opens_a_registry(registry: RegistryStandIn) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "basic"
    registry.put_image(NAME, "1.0.0")
    assert look(registry, credentials=LOGIN)
    assert "does not take this login" in failure(registry, credentials=Login("ada", SecretStr("x"))).message


def test_a_token_is_fetched_where_the_registry_says_and_for_this_image_only(
    registry: RegistryStandIn,
) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "bearer"
    registry.put_image(NAME, "1.0.0")
    assert look(registry, credentials=LOGIN)
    (asked,) = [seen for seen in registry.seen if seen.path == "/token"]
    assert asked.query == {"service": ["stand-in"], "scope": [f"repository:{NAME}:pull"]}


def test_an_identity_token_is_traded_for_one_of_the_registry(registry: RegistryStandIn) -> None:
    registry.login, registry.way = "nobody:x", "bearer"
    registry.put_image(NAME, "1.0.0")
    assert look(registry, credentials=Token(SecretStr("identity-secret")))
    assert [seen.method for seen in registry.seen if seen.path == "/token"] == ["POST"]


def test_a_refused_token_names_the_registry_and_no_secret(registry: RegistryStandIn) -> None:
    registry.login, registry.way = "ada:another", "bearer"
    error = failure(registry, credentials=LOGIN)
    assert isinstance(error, RefusedImageError)
    assert "Basic " not in error.message.replace("Basic …", "")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"token": 5}', b'{"token": "a b"}', b'{"token":"\\n"}']
)
def test_an_answer_without_a_usable_token_is_none(registry: RegistryStandIn, body: bytes) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "bearer"
    registry.answers["/token"] = [Reply(200, {}, body)]
    assert "has no token" in failure(registry, credentials=LOGIN).message


@pytest.mark.parametrize(
    "realm", ["", "/token", "ftp://x/", "http://user:pw@127.0.0.1/", "http://[", "http://x/ \xe9"]
)
def test_a_realm_that_is_no_address_gets_nothing(registry: RegistryStandIn, realm: str) -> None:
    challenge = {"WWW-Authenticate": f'Bearer realm="{realm}"'}
    registry.answers[MANIFEST] = [Reply(401, challenge)]
    error = failure(registry, credentials=LOGIN)
    assert "does not say where it gives tokens" in error.message


def test_a_login_never_goes_to_a_token_server_without_tls(registry: RegistryStandIn) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "bearer"
    registry.realm = "http://tokens.acme.test/token"
    assert "nothing was sent" in failure(registry, credentials=LOGIN).message


def test_a_redirected_blob_is_fetched_without_the_login(registry: RegistryStandIn) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "basic"
    registry.put_image(NAME, "1.0.0")
    path = next(path for path in registry.contents if "/blobs/" in path)
    with running() as store:
        store.contents["/elsewhere"] = registry.contents[path]
        moved = Reply(307, {"Location": f"{store.url}/elsewhere?signature=s3cret"})
        registry.answers[path] = [moved]
        assert look(registry, credentials=LOGIN)
        assert [seen.authorization for seen in store.seen] == [""]
        store.contents.clear()
        store.answers["/elsewhere"] = [Reply(500)]
        assert "s3cret" not in failure(registry, credentials=LOGIN).message


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_a_redirect_within_the_registry_keeps_the_login(registry: RegistryStandIn, way: str) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", way
    known = registry.put_image(NAME, "1.0.0")
    registry.answers[MANIFEST] = [Reply(307, {"Location": f"/v2/{NAME}/manifests/{known}"})]
    found = look(registry, credentials=LOGIN)
    assert found
    assert found.digest == known


def test_a_redirect_that_has_left_the_registry_comes_back_without_the_login(
    registry: RegistryStandIn,
) -> None:
    registry.login, registry.way = f"ada:{PASSWORD}", "basic"
    known = registry.put_image(NAME, "1.0.0")
    path = f"/v2/{NAME}/manifests/{known}"
    with running() as other:
        registry.answers["/v2/"] = [Reply(401)]
        registry.answers[MANIFEST] = [registry._refusal(), Reply(307, {"Location": f"{other.url}/there"})]
        other.answers["/there"] = [Reply(307, {"Location": f"{registry.url}{path}"})]
        assert isinstance(failure(registry, credentials=LOGIN), RefusedImageError)
        assert [seen.authorization for seen in other.seen] == [""]
        assert [seen.authorization for seen in registry.seen if seen.path == path] == [""]


def test_a_login_does_not_follow_a_redirect_from_tls_to_none(tmp_path: Path) -> None:
    authority = make_certificates(tmp_path)
    with running(tmp_path / "server.pem") as registry, running() as other:
        registry.login, registry.way = f"ada:{PASSWORD}", "basic"
        moved = Reply(307, {"Location": f"{other.url}/there"})
        registry.answers[MANIFEST] = [registry._refusal(), moved]
        access = Access(lambda _: LOGIN, lambda _: authority, clock=Clock())
        with OciRegistries(access) as registries, pytest.raises(PlatformError, match="leads nowhere"):
            registries.manifest_of(f"{registry.host}/{NAME}:1.0.0")
        assert other.seen == []


@pytest.mark.parametrize(("server", "is_believed"), [("system", True), ("own", True), ("other", False)])
def test_an_authority_of_a_registry_is_believed_beside_those_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, *, is_believed: bool
) -> None:
    authorities = {}
    for name in ("system", "own", "other"):
        (tmp_path / name).mkdir()
        authorities[name] = make_certificates(tmp_path / name)
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities["system"]))
    access = Access(lambda _: None, lambda _: authorities["own"], clock=Clock())
    with running(tmp_path / server / "server.pem") as registry, OciRegistries(access) as registries:
        ref = f"{registry.host}/{NAME}:1.0.0"
        if is_believed:
            assert registries.manifest_of(ref) is None
        else:
            with pytest.raises(PlatformError, match="is not to be trusted"):
                registries.manifest_of(ref)


@pytest.mark.parametrize("location", ["", "ftp://x/", "http://["])
def test_a_redirect_to_nowhere_is_said_to_be_one(registry: RegistryStandIn, location: str) -> None:
    registry.answers[MANIFEST] = [Reply(302, {"Location": location})]
    assert isinstance(failure(registry), MissingError)


def test_a_redirect_in_a_circle_ends(registry: RegistryStandIn) -> None:
    registry.answers[MANIFEST] = [Reply(302, {"Location": MANIFEST})]
    assert "leads nowhere" in failure(registry).message
    assert len(registry.seen) < 10
