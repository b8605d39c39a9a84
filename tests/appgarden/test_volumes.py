"""Mounts of a service: volumes stay, folders become volumes, the rest goes with a finding (contract 4.3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.volumes import Mount, MountError, MountKind, parse_mount


def mounted(outcome: Any) -> tuple[list[Any], dict[str, Any]]:
    return outcome.app.get("volumes", []), outcome.data.get("volumes", {})


# What stays


@pytest.mark.parametrize("entry", ["data:/p", "data:/p:ro", "data:/p:nocopy", "a:/p", "a:/p:ro"])
def test_a_named_volume_is_kept_and_declared(service: Any, entry: str) -> None:
    outcome = service(f"volumes: ['{entry}']")
    assert mounted(outcome) == ([entry], {entry.partition(":")[0]: None})
    assert outcome.codes == []


@pytest.mark.parametrize(
    ("entry", "kept"),
    [("${VOL:-data}:/p", "data:/p"), ("${VOL:-data}:/p:ro", "data:/p:ro"), ("data:${TARGET:-/p}", "data:/p")],
)
def test_a_named_volume_with_a_variable_takes_its_default(service: Any, entry: str, kept: str) -> None:
    assert mounted(service(f"volumes: ['{entry}']")) == ([kept], {"data": None})


def test_a_long_volume_is_kept(service: Any) -> None:
    entry = {"type": "volume", "source": "data", "target": "/p", "volume": {"nocopy": True}}
    outcome = service("volumes: [{type: volume, source: data, target: /p, volume: {nocopy: true}}]")
    assert mounted(outcome) == ([entry], {"data": None})


def test_a_long_volume_without_a_type_gets_one(service: Any) -> None:
    outcome = service("volumes: [{source: '${V:-data}', target: /p}]")
    assert mounted(outcome) == ([{"type": "volume", "source": "data", "target": "/p"}], {"data": None})


@pytest.mark.parametrize("entry", ["{type: tmpfs, target: /p}", "{type: image, source: 'a:1', target: /p}"])
def test_a_mount_without_a_host_path_is_kept(service: Any, entry: str) -> None:
    outcome = service(f"volumes: [{entry}]")
    assert outcome.app["volumes"][0]["target"] == "/p"
    assert "volumes" not in outcome.data
    assert outcome.codes == []


def test_the_tmpfs_key_is_kept(service: Any) -> None:
    assert service("tmpfs: [/run, /srv]").app["tmpfs"] == ["/run", "/srv"]


def test_an_anonymous_volume_gets_a_name(service: Any) -> None:
    assert mounted(service("volumes: [/app/node_modules]")) == (
        ["app_node_modules:/app/node_modules"],
        {"app_node_modules": None},
    )


def test_a_long_anonymous_volume_gets_a_name(service: Any) -> None:
    assert mounted(service("volumes: [{type: volume, target: /p/cache}]")) == (
        [{"type": "volume", "target": "/p/cache", "source": "app_cache"}],
        {"app_cache": None},
    )


@pytest.mark.parametrize(
    ("entry", "source", "target"),
    [
        ("C:\\a:D:\\b", "C:\\a", "D:\\b"),
        ("C:\\a:D:\\b:ro", "C:\\a", "D:\\b"),
        ("c:/a:d:/b", "c:/a", "d:/b"),
        ("c:/a:/b:ro", "c:/a", "/b"),
        ("data:D:\\b", "data", "D:\\b"),
        ("c:/a:ro", "c", "/a"),
    ],
)
def test_a_drive_letter_belongs_to_the_path_behind_it(entry: str, source: str, target: str) -> None:
    mount = parse_mount(entry)
    assert (mount.source, mount.target) == (source, target)


def test_a_windows_path_alone_is_an_anonymous_volume() -> None:
    assert parse_mount("C:\\data").kind is MountKind.ANONYMOUS


# What is converted


@pytest.mark.parametrize(
    "entry",
    [
        "./data:/p",
        "./data/:/p",
        "data/:/p",
        "/srv/data:/p",
        "../data:/p",
        "~/data:/p",
        "${PWD}/data:/p",
        "$PWD/data:/p",
        "${DATA_DIR:-./data}:/p",
        "${DATA_DIR:-/srv/data}:/p:rw",
        "${ROOT}/data:/p",
        "${UPLOADS}:/p/data",
        "$UPLOADS:/p/data",
        "./.data:/p",
        "C:\\data:/p",
        "C:/data:/p",
        "\\\\wsl$$\\data:/p",
        "./data:/p:z",
        "./data:/p:cached",
        "{type: bind, source: ./data, target: /p, bind: {create_host_path: true}}",
        "{type: bind, source: data, target: /p}",
        "{source: ./data, target: /p}",
        "{type: volume, source: ./data, target: /p, read_only: false}",
    ],
)
def test_a_writable_folder_becomes_a_volume_named_after_service_and_folder(service: Any, entry: str) -> None:
    written = entry if entry.startswith("{") else f"'{entry}'"
    outcome = service(f"volumes: [{written}]", files=(".data/x", "src/x"))
    volumes, declared = mounted(outcome)
    assert [volume.partition(":")[0] for volume in volumes] == ["app_data"]
    assert volumes[0].partition(":")[2] in {"/p", "/p/data"}
    assert declared == {"app_data": None}
    assert outcome.codes == ["KZ211"]


@pytest.mark.parametrize("folder", [".data", "./.data", "/srv/.data", "${HOME}/.data"])
def test_a_hidden_folder_that_is_not_there_yet_becomes_a_volume(service: Any, folder: str) -> None:
    source = folder if "/" in folder else f"{folder}/"
    outcome = service(f"volumes: ['{source}:/var/lib/app']")
    assert mounted(outcome) == (["app_data:/var/lib/app"], {"app_data": None})
    assert outcome.codes == ["KZ211"]


def test_the_finding_of_a_conversion_names_service_folder_target_and_volume(service: Any) -> None:
    (finding,) = service("volumes: [./data:/app/data]").deployment.findings
    assert finding.message == (
        "The service 'app' mounts './data' at '/app/data'; it became the volume 'app_data', empty at first."
    )
    assert finding.hint == "Write app_data:/app/data in the development file to say the same."
    assert finding.pointer == ("services", "app", "volumes", 0)


def test_the_finding_says_when_files_stay_behind(service: Any) -> None:
    (finding,) = service("volumes: [./html:/srv/html]", files=("html/index.html",)).deployment.findings
    assert finding.code.id == "KZ211"
    assert "do not come along" in finding.hint


def test_the_seeds_example(transformed: Any) -> None:
    deployment = transformed("""
        services:
          backend:
            build:
              context: .
              dockerfile: backend/Dockerfile
            ports:
              - "8000:8000"
            volumes:
              - ./data:/app/data
        """)
    assert deployment.data["services"]["backend"]["image"] == "kamiwazaai/notes-backend:v1.2.0"
    assert deployment.data["services"]["backend"]["ports"] == ["8000"]
    assert deployment.data["services"]["backend"]["volumes"] == ["backend_data:/app/data"]
    assert deployment.data["volumes"] == {"backend_data": None}


def test_one_folder_in_two_services_becomes_one_volume(transformed: Any) -> None:
    deployment = transformed("""
        services:
          web: {image: "a:1", volumes: ["./media:/media", "./cache:/cache"]}
          worker: {image: "a:1", volumes: ["media/:/in", "${PWD}/cache:/cache"]}
        """)
    services = deployment.data["services"]
    assert services["web"]["volumes"] == ["web_media:/media", "web_cache:/cache"]
    assert services["worker"]["volumes"] == ["web_media:/in", "web_cache:/cache"]
    assert list(deployment.data["volumes"]) == ["web_media", "web_cache"]


def test_a_read_only_mount_shares_the_volume_that_another_service_fills(transformed: Any) -> None:
    deployment = transformed("""
        services:
          nginx: {image: "n:1", volumes: ["./static:/srv:ro", "./conf:/conf:ro"]}
          web: {image: "a:1", volumes: ["./static:/static"]}
        """)
    assert deployment.data["services"]["nginx"]["volumes"] == ["nginx_static:/srv:ro"]
    assert deployment.data["services"]["web"]["volumes"] == ["nginx_static:/static"]


def test_two_folders_that_would_share_a_name_get_two_volumes(service: Any) -> None:
    outcome = service("volumes: ['./a/data:/a', './b/data:/b', './c/data:/c', /x/data]")
    assert outcome.app["volumes"] == ["app_data:/a", "app_data-2:/b", "app_data-3:/c", "app_data-4:/x/data"]


def test_a_name_that_a_volume_has_already_is_not_given_again(service: Any) -> None:
    outcome = service("volumes: ['./data:/a', 'app_data:/b']")
    assert outcome.app["volumes"] == ["app_data-2:/a", "app_data:/b"]


@pytest.mark.parametrize(
    ("service_name", "entry", "name"),
    [
        ("_web", "./my data:/p", "web_my-data"),
        ("w.e-b", "./dätä:/p", "w.e-b_d-t-"),
        ("web", "./x/..:/p", None),
        ("web", "/:/p", None),
        ("web", "../..:/p", None),
        ("web", "${A}:/p/q/", "web_q"),
        ("-", "/data/x:/", "x"),
        ("web", "/x/.../:/p", "web_x"),
        ("web", "${A}:/", "web_data"),
    ],
)
def test_a_volumes_name_follows_composes_grammar(
    transformed: Any, service_name: str, entry: str, name: str | None
) -> None:
    deployment = transformed(f"services: {{'{service_name}': {{image: 'a:1', volumes: ['{entry}']}}}}")
    assert list(deployment.data.get("volumes", {})) == ([name] if name else [])


# What is dropped


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("./nginx.conf:/etc/nginx/nginx.conf", "it is a file"),
        ("./.env:/app/.env", "it is a file"),
        ("./Caddyfile:/etc/caddy/Caddyfile", "it is a file"),
        ("./init.sql:/docker-entrypoint-initdb.d/init.sql", "it is a file"),
        ("./run:/usr/local/bin/run", "it is a file"),
        ("${CONFIG}:/etc/app/app.yaml", "it is a file"),
        ("./.env.local:/app/x", "it is a file"),
        ("./.htpasswd:/etc/nginx/passwords", "it is a file"),
        ("./.npmrc:/usr/src/settings", "it is a file"),
        ("$XAUTHORITY:/usr/src/.Xauthority", "it is a file"),
        ("/tmp/.X11-unix:/x", "part of the host's own system"),  # noqa: S108  # nothing is written there
        ("./app.sock:/app.sock", "it is a socket"),
        ("/run/app/gunicorn.sock:/x", "part of the host's own system"),
        ("./conf:/etc/app:ro", "it is read-only, and no other"),
        ("./conf:/etc/app:ro,z", "it is read-only, and no other"),
        ("/:/rootfs", "part of the host's own system"),
        ("/etc/localtime:/etc/localtime", "part of the host's own system"),
        ("/proc:/host/proc", "part of the host's own system"),
        ("/sys/fs/cgroup:/sys/fs/cgroup", "part of the host's own system"),
        ("/dev/dri:/dev/dri", "part of the host's own system"),
        ("//var/run:/var/run", "part of the host's own system"),
        ("/var/lib/docker/containers:/c", "part of the host's own system"),
        ("/home:/home", "part of the host's own system"),
        ("~:/home", "part of the host's own system"),
        ("$HOME:/home", "part of the host's own system"),
        ("${HOME:?}/:/home", "part of the host's own system"),
        (".:/src", "own sources"),
        ("./:/src", "own sources"),
        ("..:/src", "own sources"),
        ("${PWD}:/src", "own sources"),
    ],
)
def test_a_mount_that_cannot_be_a_volume_is_dropped_with_the_reason(
    service: Any, entry: str, why: str
) -> None:
    outcome = service(f"volumes: ['{entry}']", files=("run",))
    assert mounted(outcome) == ([], {})
    assert outcome.codes == ["KZ212"]
    assert why in outcome.messages[0]


@pytest.mark.parametrize("read_only", ["true", '"true"'])
def test_a_read_only_long_mount_is_dropped(service: Any, read_only: str) -> None:
    outcome = service(f"volumes: [{{type: bind, source: ./c, target: /c, read_only: {read_only}}}]")
    assert outcome.codes == ["KZ212"]


def test_a_folder_may_be_named_like_a_file_if_it_is_there(service: Any) -> None:
    assert service("volumes: ['./app.conf:/p']", files=("app.conf/a",)).codes == ["KZ211"]


def test_a_conf_d_folder_is_no_file(service: Any) -> None:
    assert service("volumes: ['./conf.d:/etc/nginx/conf.d']").codes == ["KZ211"]


# Source code that the image has


def test_the_build_context_itself_is_source_code(service: Any) -> None:
    outcome = service("build: ./web\nvolumes: ['./web:/app', 'web:/data']")
    assert outcome.app["volumes"] == ["web:/data"]
    assert "source code" in outcome.messages[0]


@pytest.mark.parametrize(("file", "codes"), [("data/seed.csv", ["KZ211"]), ("data/load.py", ["KZ212"])])
def test_data_that_the_image_brings_is_kept_in_a_volume_and_code_is_not(
    service: Any, file: str, codes: list[str]
) -> None:
    dockerfiles = {"Dockerfile": "FROM x\nWORKDIR /app\nCOPY . .\n"}
    outcome = service("build: .\nvolumes: ['./data:/app/data']", files=(file,), dockerfiles=dockerfiles)
    assert outcome.codes == codes


@pytest.mark.parametrize(
    ("dockerfile", "is_source"),
    [
        ("FROM x\nRUN true\nWORKDIR /app\nCOPY . .\n", True),
        ("FROM x\nWORKDIR /app\nCOPY src src\n", True),
        ("FROM x\nWORKDIR /app\nCOPY src/ ./src/\n", True),
        ("FROM x\nCOPY --chown=1:1 --link src /app/src\n", True),
        ("FROM x\nADD ./src \\\n  /app/src\n", True),
        ('FROM x\nWORKDIR /app\ncopy ["package.json", "src", "./src"]\n', True),
        ("FROM x\nWORKDIR /app\nWORKDIR src\nCOPY src .\n", True),
        ("FROM x AS dev\nCOPY src /app/src\nFROM y\nCOPY --from=dev /app/src /srv\n", True),
        ("FROM x\nWORKDIR /srv\nCOPY . .\n", False),
        ("FROM x\nCOPY package.json /app/\n", False),
        ("FROM x\nCOPY --from=build src /app/src\n", False),
        ("FROM x\nWORKDIR /app\nFROM y\nCOPY src src\n", False),
        ("FROM x\n# COPY src /app/src\nCOPY\nCOPY [broken\n", False),
        ("FROM x\nCOPY srcs /app/src\n", False),
    ],
)
def test_a_folder_that_the_dockerfile_copies_to_the_same_place_is_source_code(
    service: Any, dockerfile: str, is_source: bool
) -> None:
    outcome = service(
        "build: .\nvolumes: ['./src:/app/src']",
        files=("src/main.py",),
        dockerfiles={"Dockerfile": dockerfile},
    )
    assert outcome.codes == (["KZ212"] if is_source else ["KZ211"])


def test_a_folder_below_one_that_is_copied_is_source_code(service: Any) -> None:
    outcome = service(
        "build: {context: web}\nvolumes: ['./web/src/app:/srv/code/app']",
        files=("web/src/app/main.py",),
        dockerfiles={"web/Dockerfile": "FROM x\nCOPY src /srv/code\n"},
    )
    assert outcome.codes == ["KZ212"]


def test_a_folder_that_is_not_in_the_extension_is_data_even_if_all_is_copied(service: Any) -> None:
    outcome = service(
        "build: .\nvolumes: ['./data:/app/data']",
        dockerfiles={"Dockerfile": "FROM x\nWORKDIR /app\nCOPY . .\n"},
    )
    assert outcome.codes == ["KZ211"]


def test_without_a_dockerfile_what_lies_in_a_context_of_its_own_is_source_code(service: Any) -> None:
    assert service("build: ./web\nvolumes: ['./web/src:/app/src']").codes == ["KZ212"]
    assert service("build: .\nvolumes: ['./src:/app/src']").codes == ["KZ211"]


@pytest.mark.parametrize("source", ["./data", "../web", "/srv/web"])
def test_a_folder_outside_of_the_context_is_no_source_code(service: Any, source: str) -> None:
    assert service(f"build: ./web\nvolumes: ['{source}:/app/src']").codes == ["KZ211"]


# The engine's socket


@pytest.mark.parametrize(
    "entry",
    [
        "/var/run/docker.sock:/var/run/docker.sock",
        "/var/run/docker.sock:/var/run/docker.sock:ro",
        "//var/run/docker.sock:/var/run/docker.sock",
        "${DOCKER_SOCK:-/var/run/docker.sock}:/var/run/docker.sock",
        "${DOCKER_SOCK}:/var/run/docker.sock",
        "/run/podman/podman.sock:/var/run/docker.sock",
        "{type: bind, source: /var/run/docker.sock, target: /d}",
        "{type: npipe, source: '\\\\.\\pipe\\docker_engine', target: '\\\\.\\pipe\\docker_engine'}",
    ],
)
def test_the_engines_socket_is_never_copied(service: Any, entry: str) -> None:
    body = f"volumes: [{entry if entry.startswith('{') else repr(entry)}]"
    assert service(body, risk_tier=1).codes == ["KZ214"]
    outcome = service(body, risk_tier=2)
    assert outcome.codes == ["KZ213"]
    assert mounted(outcome) == ([], {})


def test_the_engines_socket_by_its_new_key_is_never_copied(service: Any) -> None:
    assert service("use_api_socket: true").codes == ["KZ214"]
    outcome = service("use_api_socket: true", risk_tier=2)
    assert outcome.codes == ["KZ213"]
    assert "use_api_socket" not in outcome.app
    assert service("use_api_socket: false").codes == []


# What is wrong


@pytest.mark.parametrize(
    "entry",
    [
        '""',
        "data",
        "./data",
        "':/p'",
        "'data:'",
        "'my volume:/p'",
        "42",
        "null",
        "[a]",
        "{type: bind, source: ./d}",
        "{target: 1}",
        "{type: bind, source: [a], target: /p}",
        "{type: magic, source: a, target: /p}",
        "{type: [volume], source: a, target: /p}",
    ],
)
def test_what_is_no_mount_is_an_error_that_says_where(service: Any, entry: str) -> None:
    (finding,) = service(f"volumes:\n  - data:/d\n  - {entry}").deployment.findings
    assert finding.code.id == "KZ203"
    assert finding.pointer == ("services", "app", "volumes", 1)


@pytest.mark.parametrize("entry", ["data:$TARGET", "data-${ENV}:/p", "data:/p:${MODE}", "$ANON"])
def test_a_variable_without_a_default_is_an_error_where_its_value_is_needed(service: Any, entry: str) -> None:
    assert service(f"volumes: ['{entry}']").codes == ["KZ205"]


def test_volumes_that_are_no_list_are_an_error(service: Any) -> None:
    assert service("volumes: {data: /p}").codes == ["KZ203"]


@given(
    st.one_of(
        st.text(alphabet="aC:/\\.~$ {}-", max_size=20),
        st.dictionaries(
            st.sampled_from(["type", "source", "target", "read_only"]),
            st.one_of(
                st.text(alphabet="a/.$", max_size=4), st.none(), st.integers(), st.lists(st.integers())
            ),
        ),
    )
)
def test_any_entry_is_a_mount_or_refused(entry: Any) -> None:
    try:
        mount = parse_mount(entry)
    except (MountError, UnresolvedVariableError):
        return
    assert isinstance(mount, Mount)
    assert mount.target
