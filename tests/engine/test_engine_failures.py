"""What people are told when an engine fails, lies, hangs or is asked for odd things."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from catalog.engine.cli_engine import CliEngine, Limits
from catalog.engine.complaints import COMPLAINTS, explain, recognised
from catalog.engine.dialect import DOCKER, NERDCTL, PODMAN
from catalog.errors import IntegrityError, MissingError
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.stub_program import docker_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.engine.engine import Engine

DIGESTS = [f"sha256:{number:064x}" for number in range(1000)]

DOWN = r'{"ExitCode": 7, "Output": "down\n"}'
BAD_ID = '[{"Id":"../../x","Os":"linux","Architecture":"amd64","RootFS":{},"Size":1}]'

# What the engines said: docker and podman here, nerdctl and the other versions as their sources have it.
SAYINGS = [
    ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "does not answer"),
    ("error during connect: Post http://x/images/load: EOF", "does not answer"),
    (
        'level=fatal msg="cannot access containerd socket \\"/run/containerd/containerd.sock\\""',
        "does not answer",
    ),
    (
        "permission denied while trying to connect to the Docker daemon socket at unix:///run/docker.sock",
        "may not speak",
    ),
    ("dial unix /run/docker.sock: connect: permission denied", "may not speak"),
    ("Error processing tar file(exit status 1): write /app/x: no space left on device", "no room left"),
    ("write /var/lib/docker/tmp/x: disk quota exceeded", "no room left"),
    ("open /var/lib/docker/tmp/x: read-only file system", "read-only"),
    (
        'Get "https://x.example.invalid/v2/": dial tcp: lookup x.example.invalid: no such host',
        "no network, no DNS or a wrong name",
    ),
    (
        "dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution",
        "no network, no DNS or a wrong name",
    ),
    ('Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', "does not answer"),
    ("net/http: TLS handshake timeout", "does not answer"),
    ("toomanyrequests: You have reached your pull rate limit.", "no more requests"),
    ("pull access denied for x/y, repository does not exist or may require 'docker login'", "refuses"),
    ("Error: initializing source docker://x/y:1: reading manifest 1 in x/y: unauthorized", "refuses"),
    ("manifest for 127.0.0.1:5000/no:1 not found: manifest unknown: manifest unknown", "has no image"),
    ("reading manifest 1 in 127.0.0.1:5000/nope: manifest unknown: manifest unknown", "has no image"),
    ('failed to resolve reference "x/y:1": x/y:1: not found', "has no image"),
    ("no matching manifest for linux/arm64 in the manifest list entries", "not there for this platform"),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "does not trust"),
    ("http: server gave HTTP response to HTTPS client", "does not trust"),
    ("invalid reference format: repository name (library/Nope) must be lowercase", "not a name"),
    ('short-name "nope:1" did not resolve to an alias', "not a name"),
    ("conflict: unable to remove (must be forced) - image is being used by running container", "in use"),
    ("Error response from daemon: No such image: nope:1", "docker has no image 'x/y:1'"),
    ("Error response from daemon: reference does not exist", "docker has no image 'x/y:1'"),
    ("Error: x/y:1: image not known", "docker has no image 'x/y:1'"),
    ("An image does not exist locally with the tag: x/y", "docker has no image 'x/y:1'"),
]


def a_docker(folder: Path, script: str, limits: Limits | None = None) -> CliEngine:
    return CliEngine(str(docker_program(folder / "docker", script)), DOCKER, os.environ, limits)


def read_all(engine: Engine, refs: list[str], platform: str | None = None) -> bytes:
    with engine.save(refs, platform) as stream:
        return b"".join(iter(lambda: stream.read(65_536), b""))


@pytest.mark.parametrize(("said", "meaning"), SAYINGS)
def test_what_an_engine_says_is_told_with_its_meaning_its_words_and_a_hint(said: str, meaning: str) -> None:
    error = explain(said, "docker", "x/y:1", "sudo systemctl start docker")
    assert meaning in error.message
    assert said in error.message
    assert error.hint


def test_every_complaint_of_the_table_has_a_saying() -> None:
    assert {recognised(said) for said, _ in SAYINGS} == set(COMPLAINTS)


@pytest.mark.parametrize("dialect", [DOCKER, PODMAN, NERDCTL])
def test_an_engine_that_does_not_answer_is_told_with_the_command_that_starts_it(dialect: object) -> None:
    assert isinstance(dialect, type(DOCKER))
    error = explain(SAYINGS[0][0], dialect.name, "version", dialect.start)
    assert error.hint == f"Start it: {dialect.start}"


def test_what_nobody_knows_is_told_as_it_was_said() -> None:
    assert explain("flux capacitor empty\n\n", "podman", "x/y:1").message == (
        "podman failed at 'x/y:1': flux capacitor empty"
    )
    assert "gave no reason" in explain("", "podman", "x/y:1").message


def test_an_engine_without_room_is_missing_something_and_does_not_blame_the_archive(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, 'echo "write /x: no space left on device" >&2; exit 1')
    with pytest.raises(MissingError, match="no room left"):
        engine.load(iter([b"x" * 4_000_000]))


def test_an_engine_that_stops_reading_and_refuses_is_heard(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, 'exec <&-; sleep 0.1; echo "archive/tar: invalid tar header" >&2; exit 1')
    with pytest.raises(IntegrityError, match="invalid tar header"):
        engine.load(iter([b"x" * 4_000_000]))


def test_an_engine_that_needs_no_more_bytes_and_is_content_has_loaded(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, 'exec <&-; echo "Loaded image: a:1"; exit 0')
    assert engine.load(iter([b"x" * 4_000_000])) == ("a:1",)


@pytest.mark.parametrize(
    ("said", "refs"),
    [
        ("Loaded image: a:1\nLoaded image: b:2", ("a:1", "b:2")),
        ("Loaded image(s): localhost/a:1,localhost/b:2", ("localhost/a:1", "localhost/b:2")),
        ("Loaded image ID: sha256:12ab", ("sha256:12ab",)),
        ("unpacking a:1 (sha256:12ab)...\nLoaded image: a:1", ("a:1",)),
        ("unpacking a:1 (sha256:12ab)...done", ("a:1",)),
        ("", ()),
    ],
)
def test_the_loaded_names_are_read_in_every_form(tmp_path: Path, said: str, refs: tuple[str, ...]) -> None:
    engine = a_docker(tmp_path, f"cat > /dev/null; cat <<'END'\n{said}\nEND")
    assert engine.load(iter([b"x"])) == refs


def test_of_podmans_four_reasons_the_one_for_dockers_form_is_told(tmp_path: Path) -> None:
    said = (
        "Error: payload does not match any of the supported image formats:\n * oci: open index.json\n"
        " * docker-archive: loading tar component manifest.json: unexpected EOF\n * dir: not a directory"
    )
    engine = a_docker(tmp_path, f"cat > /dev/null; cat >&2 <<'END'\n{said}\nEND\nexit 125")
    with pytest.raises(IntegrityError) as raised:
        engine.load(iter([b"x"]))
    assert raised.value.message == (
        "docker refuses the archive. It said: "
        "docker-archive: loading tar component manifest.json: unexpected EOF"
    )


def test_a_save_that_fails_at_its_end_does_not_look_whole(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, 'head -c 100000 /dev/zero; echo "no space left on device" >&2; exit 1')
    with pytest.raises(MissingError, match="no room left on the disk for 'a:1'"):
        read_all(engine, ["a:1"])


def test_a_save_is_not_stopped_by_much_on_stderr(tmp_path: Path) -> None:
    noise = "head -c 3000000 /dev/zero | tr '\\0' x >&2"
    engine = a_docker(tmp_path, f"{noise}; head -c 200000 /dev/zero; {noise}")
    assert read_all(engine, ["a:1"]) == bytes(200_000)


def test_an_engine_that_stands_still_is_given_up(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, "sleep 60", Limits(answer=0.2, change=0.2, idle=0.2))
    with pytest.raises(MissingError, match="'docker image inspect' gave no answer"):
        engine.inspect(["a:1"])
    with pytest.raises(MissingError, match="'docker save' gave"):
        read_all(engine, ["a:1"])
    with pytest.raises(MissingError, match="'docker pull' gave"):
        engine.pull("a:1")
    with pytest.raises(MissingError, match="'docker load'"):
        engine.load(iter([b"x" * 4_000_000]))


def test_an_engine_that_ends_its_stream_but_not_itself_is_given_up(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, "exec >&-; sleep 60", Limits(idle=0.2))
    with pytest.raises(MissingError, match="'docker save' gave no answer"):
        read_all(engine, ["a:1"])


def test_an_engine_that_is_slow_but_moves_is_waited_for(tmp_path: Path) -> None:
    script = "for n in 1 2 3 4 5 6; do echo $n; sleep 0.1; done"
    engine = a_docker(tmp_path, script, Limits(idle=0.4))
    assert read_all(engine, ["a:1"]) == b"1\n2\n3\n4\n5\n6\n"
    engine.pull("a:1")


def test_an_engine_that_cuts_a_stream_short_and_says_all_is_well_is_not_believed_by_a_reader() -> None:
    engine = FakeEngine({"a:1": FakeImage((layer({"f": b"x" * 9000}),))}, truncate_at=5000)
    content = read_all(engine, ["a:1"])
    assert len(content) == 5000
    with pytest.raises(IntegrityError):
        FakeEngine({}).load(iter([content]))


def test_a_thousand_references_are_asked_for_in_few_calls(tmp_path: Path) -> None:
    one = '{"Id":"%s","Os":"linux","Architecture":"arm64","Variant":"v8","RootFS":{},"Size":1}'
    script = f"""
echo call >> {tmp_path}/calls
shift 3; comma=; printf '['
for ref; do
    case $ref in *:7) echo "Error: No such image: $ref" >&2; failed=1; continue ;; esac
    hex=${{ref##*:}}
    printf '%s{one}' "$comma" "$hex"; comma=,
done
printf ']'; exit ${{failed:-0}}"""
    refs = [f"a.example/{'long/' * 30}image:{digest[7:]}" for digest in DIGESTS]
    refs.insert(500, "a.example/not-there:7")
    found = a_docker(tmp_path, script).inspect(refs)
    assert [image.image_id for image in found.values()] == DIGESTS
    assert {image.platform for image in found.values()} == {"linux/arm64/v8"}
    assert list(found) == [ref for ref in refs if ref != "a.example/not-there:7"]
    assert len((tmp_path / "calls").read_text().split()) <= 8


def test_names_stay_right_when_an_engine_does_not_say_which_ones_are_missing(tmp_path: Path) -> None:
    one = '{"Id":"%064d","Os":"linux","Architecture":"amd64","RootFS":{"Layers":[]},"Size":1}'
    script = f"""
shift 3; comma=; printf '['
for ref; do
    case $ref in *odd*) failed=1; continue ;; esac
    printf '%s{one}' "$comma" "${{ref##*:}}"; comma=,
done
printf ']'; test -z "$failed" || {{ echo 'Error: no such image' >&2; exit 1; }}"""
    refs = ["a:1", "odd:2", "a:3", "odd:4", "odd:5", "a:6"]
    found = a_docker(tmp_path, script).inspect(refs)
    assert {ref: int(image.image_id[7:]) for ref, image in found.items()} == {"a:1": 1, "a:3": 3, "a:6": 6}


@pytest.mark.parametrize(
    "answer",
    ["no JSON", "{}", "[1]", '[{"Id": "sha256:12"}]', "[[]]", "[null]", BAD_ID],
)
def test_an_inspect_answer_in_an_unknown_form_is_refused(tmp_path: Path, answer: str) -> None:
    engine = a_docker(tmp_path, f"echo '{answer}'")
    with pytest.raises(MissingError, match="not in a known form"):
        engine.inspect(["a:1"])


@pytest.mark.parametrize(
    "answer", ["no JSON", "{}", "[]", '{"Server": null}', '{"Server": {"Version": "1"}}']
)
def test_a_version_answer_in_an_unknown_form_is_refused(tmp_path: Path, answer: str) -> None:
    program = docker_program(tmp_path / "docker", "")
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    with pytest.raises(MissingError, match="does not say what it is"):
        CliEngine(str(program), DOCKER, os.environ).info()


@pytest.mark.parametrize(
    ("state", "health", "complaint"),
    [
        ("{}", "", ""),
        ('{"Health": {"Status": "none"}}', "", ""),
        ('{"Health": {"Status": "", "Log": null}}', "", ""),
        ('{"Health": {"Status": "healthy", "Log": [{"ExitCode": 1}, {"ExitCode": 0}]}}', "healthy", ""),
        (f'{{"Healthcheck": {{"Status": "starting", "Log": [{DOWN}]}}}}', "starting", "down"),
        ('{"Health": {"Status": "unhealthy", "Log": [3]}}', "unhealthy", ""),
    ],
)
def test_the_health_of_a_container_is_read_with_the_last_complaint(
    tmp_path: Path, state: str, health: str, complaint: str
) -> None:
    answer = f'[{{"Id": "a", "State": {state}}}]'
    engine = a_docker(tmp_path, f"""test "$1" = ps && echo a || printf '%s' '{answer}'""")
    (found,) = engine.states("label")
    assert (found.health, found.complaint) == (health, complaint)


def test_an_engine_that_does_not_list_its_containers_has_not_none(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, "echo 'Cannot connect to the Docker daemon at unix:///x' >&2; exit 1")
    with pytest.raises(MissingError, match="does not answer"):
        engine.states("label")


def test_no_shell_ever_reads_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "a folder; with $(odd) 'signs'"
    engine = a_docker(folder, f'for word; do printf "%s\\n" "$word"; done >> "{tmp_path}/words"; echo []')
    odd = ["--help", "$(touch x)", "a b", "a;b", "'", "*", "ä:1"]
    assert engine.inspect(odd) == {}
    assert not (tmp_path / "words").exists()  # such a name cannot be there, so nobody is asked
    for name in odd:
        engine.pull(name)
        engine.tag(name, name)
        read_all(engine, [name])
    asked = [f"pull\n--\n{name}\ntag\n--\n{name}\n{name}\nsave\n--\n{name}\n" for name in odd]
    assert (tmp_path / "words").read_text() == "".join(asked)


def test_a_new_docker_is_asked_for_the_platform_and_an_old_ones_images_are_looked_at(tmp_path: Path) -> None:
    new = a_docker(tmp_path / "new", 'echo "$*"')
    assert read_all(new, ["a:1"], "linux/arm64") == b"save --platform linux/arm64 -- a:1\n"
    one = f'[{{"Id":"{DIGESTS[0]}","Os":"linux","Architecture":"amd64","RootFS":{{}},"Size":1}}]'
    script = f"""test "$1" = image && echo '{one}' || echo "$*" """
    program = docker_program(tmp_path / "docker", script)
    program.write_text(program.read_text().replace("1.48", "1.41"))
    old = CliEngine(str(program), DOCKER, os.environ)
    assert read_all(old, ["a:1"], "linux/amd64") == b"save -- a:1\n"
    with pytest.raises(MissingError, match="has 'a:1' for linux/amd64, not for linux/arm64") as raised:
        read_all(old, ["a:1"], "linux/arm64")
    assert raised.value.hint == "docker pull --platform linux/arm64 a:1"


def test_podman_pulls_a_short_name_by_its_full_one(tmp_path: Path) -> None:
    program = docker_program(tmp_path / "podman", f'echo "$*" >> {tmp_path}/calls')
    engine = CliEngine(str(program), PODMAN, os.environ)
    digest = f"nginx@{DIGESTS[1]}"
    for ref in ("nginx:alpine", "grafana/loki:3", digest, "ghcr.io/a/b:1", "localhost/a:1", "No Name"):
        engine.pull(ref)
    assert [line.removeprefix("pull -- ") for line in (tmp_path / "calls").read_text().splitlines()] == [
        "docker.io/library/nginx:alpine",
        "docker.io/grafana/loki:3",
        f"docker.io/library/{digest}",
        "ghcr.io/a/b:1",
        "localhost/a:1",
        "No Name",
    ]


def test_a_program_that_is_gone_or_may_not_be_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be started: No such file or directory"):
        CliEngine(str(tmp_path / "gone"), DOCKER, os.environ).info()
    (tmp_path / "text").write_text("no program")
    with pytest.raises(MissingError, match="cannot be started: Permission denied"):
        CliEngine(str(tmp_path / "text"), DOCKER, os.environ).load(iter([b"x"]))


@pytest.mark.skipif(shutil.which("docker") is None, reason="NOT TESTED: docker is not installed")
def test_a_docker_without_its_daemon_is_told_by_every_method() -> None:
    gone = CliEngine("docker", DOCKER, os.environ | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    calls = (
        gone.info,
        lambda: gone.inspect(["a:1"]),
        lambda: gone.pull("a:1"),
        lambda: read_all(gone, ["a:1"]),
        lambda: gone.load(some_bytes()),
        lambda: gone.tag("a:1", "b:1"),
        lambda: gone.push("a:1"),
        lambda: gone.remove("a:1"),
    )
    for call in calls:
        with pytest.raises(MissingError, match="docker is installed but does not answer") as raised:
            call()
        assert raised.value.hint == "Start it: sudo systemctl start docker"


def some_bytes() -> Iterator[bytes]:
    return iter([b"x" * 1_000_000] * 3)
