"""Each row of the platform's contract about compose files (section 4), under its own words.

The tests of tests/appgarden/ go into each of them; here every row can be found, and is true.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.appgarden.conftest import Transformer

PORTS: dict[str, tuple[str, list[str], set[str]]] = {
    "a port alone": ("['8000', 8001]", ["8000", "8001"], set()),
    "host:container": ("['8000:8000']", ["8000"], set()),
    "host:container/tcp": ("['8080:3000/tcp']", ["3000"], set()),
    "host:container/udp": ("['6060:6060/udp']", ["6060/udp"], set()),
    "an address in front": ("['127.0.0.1:9000:9000', '127.0.0.1::5000']", ["9000", "5000"], {"KZ209"}),
    "an IPv6 address in front": ("['[::1]:7000:7000']", ["7000"], {"KZ209"}),
    "a range": ("['3000-3002:3000-3002']", ["3000", "3001", "3002"], set()),
    "a range of the host": ("['8000-9000:8080']", ["8080"], set()),
    "variables with defaults": ("['${HP:-18090}:${CP:-18090}']", ["18090"], set()),
    "the long form": ("[{target: 8443, published: 443, protocol: tcp, mode: host}]", ["8443"], set()),
    "the long form with udp": ("[{target: 5353, protocol: udp}]", ["5353/udp"], set()),
    "22:22 without quotes": ("[22:22]", ["22"], {"KZ210"}),
    "doubles after stripping": ("['8000:8000', '9000:8000']", ["8000"], set()),
    "below 1024 is a warning only": ("['80']", ["80"], {"KZ210"}),
}
MOUNTS: dict[str, tuple[str, list[Any], set[str]]] = {
    "a named volume": ("['named:/p', 'named:/q:ro']", ["named:/p", "named:/q:ro"], set()),
    "./folder": ("['./d:/p']", ["app_d:/p"], {"KZ211"}),
    "/folder": ("['/abs:/p']", ["app_abs:/p"], {"KZ211"}),
    "../folder": ("['../up:/x']", ["app_up:/x"], {"KZ211"}),
    "~/folder": ("['~/x:/p']", ["app_x:/p"], {"KZ211"}),
    "${PWD}/folder": ("['${PWD}/z:/z']", ["app_z:/z"], {"KZ211"}),
    "the extension itself": ("['.:/src']", [], {"KZ212"}),
    "the folder above": ("['..:/src']", [], {"KZ212"}),
    "an anonymous volume": ("['/anon/path']", ["app_path:/anon/path"], set()),
    "long, volume": (
        "[{type: volume, source: data, target: /p}]",
        [{"type": "volume", "source": "data", "target": "/p"}],
        set(),
    ),
    "long, bind": ("[{type: bind, source: ./d, target: /p}]", ["app_d:/p"], {"KZ211"}),
    "long, tmpfs": ("[{type: tmpfs, target: /t}]", [{"type": "tmpfs", "target": "/t"}], set()),
    "a Windows path": ("['C:\\x:/p']", ["app_x:/p"], {"KZ211"}),
    "a Windows share": ("['\\\\wsl$\\x:/p']", ["app_x:/p"], {"KZ211"}),
    "a name from a variable": ("['${VOL:-data}:/p']", ["data:/p"], set()),
    "a file": ("['./nginx.conf:/etc/nginx/nginx.conf']", [], {"KZ212"}),
    "read-only": ("['./d:/p:ro']", [], {"KZ212"}),
}
TOP_LEVEL_VOLUMES: dict[str, tuple[str, Any, set[str]]] = {
    "driver_opts with a path of the host": (
        "driver_opts: {type: none, o: bind, device: /host}", None, {"KZ215"},
    ),
    "driver_opts of a file server": (
        "driver_opts: {type: nfs, o: addr=h, device: ':/x'}",
        {"driver_opts": {"type": "nfs", "o": "addr=h", "device": ":/x"}},
        {"KZ230"},
    ),
    "external": ("external: true", None, {"KZ216"}),
    "name": ("name: mine", None, {"KZ223"}),
}  # fmt: skip
KEPT = {
    "privileged below tier 2": ("privileged: true", {"KZ220"}),
    "cap_add below tier 2": ("cap_add: [NET_ADMIN]", {"KZ220"}),
    "devices below tier 2": ("devices: ['/dev/fuse:/dev/fuse']", {"KZ220"}),
    "pid of the host below tier 2": ("pid: host", {"KZ220"}),
    "ipc of the host below tier 2": ("ipc: host", {"KZ220"}),
    "userns of the host below tier 2": ("userns_mode: host", {"KZ220"}),
    "network_mode host": ("network_mode: host", {"KZ218"}),
    "network_mode container": ("network_mode: 'container:x'", {"KZ218"}),
    "network_mode service": ("network_mode: 'service:x'", {"KZ218"}),
    "env_file": ("env_file: .env", {"KZ221"}),
    "extends of nothing": ("extends: {file: other.yml, service: x}", {"KZ204"}),
    "volumes_from": ("volumes_from: [x]", {"KZ222"}),
    "external_links": ("external_links: [x]", {"KZ222"}),
    "neither image nor build": ("image:", {"KZ206"}),
    "a variable without a default in image": ("image: '${I}'", {"KZ205"}),
    "a port without a default": ("ports: ['${P}:${P}']", {"KZ205"}),
    "build with a version that is no tag": ("build: .", {"KZ229"}),
    "the engine's socket below tier 2": (f"volumes: ['{'/var/run/docker.sock'}:/s']", {"KZ214"}),
}
DROPPED = {
    "build": ("build: .\nimage: kamiwazaai/notes-app:latest", "build", set()),
    "pull_policy build": ("pull_policy: build", "pull_policy", {"KZ223"}),
    "container_name": ("container_name: x", "container_name", {"KZ223"}),
    "networks": ("networks: {default: {aliases: [other]}}", "networks", {"KZ219"}),
    "develop": ("develop: {watch: []}", "develop", {"KZ223"}),
    "links": ("links: [app]", "links", {"KZ223"}),
}
UNTOUCHED = {
    "pull_policy always": ("pull_policy: always", "always", {"KZ224"}),
    "platform": ("platform: linux/amd64", "linux/amd64", {"KZ225"}),
    "labels of traefik": ("labels: {traefik.enable: 'true'}", {"traefik.enable": "true"}, {"KZ226"}),
    "labels": ("labels: {a: b}", {"a": "b"}, set()),
    "image of others": ("image: redis:7", "redis:7", set()),
    "image with a digest": (f"image: redis@sha256:{'a' * 64}", f"redis@sha256:{'a' * 64}", set()),
    "image of ours that is not built": ("image: kamiwazaai/x:9.9.9", "kamiwazaai/x:9.9.9", {"KZ207"}),
    "environment with variables": (
        "environment: ['U=redis://${H:-redis}:6379']", ["U=redis://${H:-redis}:6379"], set(),
    ),
    "environment with a variable without a default": ("environment: ['A=${A}']", ["A=${A}"], {"KZ227"}),
    "command with dollars": (
        "command: \"sh -c 'echo $$HOME \\\\$$host $HOME'\"", "sh -c 'echo $$HOME \\$$host $HOME'", set(),
    ),
    "entrypoint": ("entrypoint: [a, '$$b']", ["a", "$$b"], set()),
    "healthcheck": ("healthcheck: {test: [CMD, 'true']}", {"test": ["CMD", "true"]}, set()),
    "restart": ("restart: always", "always", set()),
    "user": ("user: '0440'", "0440", set()),
    "shm_size": ("shm_size: 1gb", "1gb", set()),
    "tmpfs": ("tmpfs: [/run]", ["/run"], set()),
    "expose": ("expose: ['9000']", ["9000"], set()),
    "hostname": ("hostname: x", "x", set()),
    "x-kamiwaza": ("x-kamiwaza: {healthCheck: {path: /}}", {"healthCheck": {"path": "/"}}, set()),
}  # fmt: skip


@pytest.fixture
def service() -> Any:
    return Transformer().service


@pytest.mark.parametrize("row", PORTS)
def test_4_2_ports(row: str, service: Any) -> None:
    text, ports, codes = PORTS[row]
    outcome = service(f"ports: {text}")
    assert (outcome.app["ports"], set(outcome.codes)) == (ports, codes)


def test_4_2_no_ports_at_all_keeps_expose(service: Any) -> None:
    app = service("expose: ['8000']").app
    assert app["expose"] == ["8000"]
    assert "ports" not in app


@pytest.mark.parametrize("row", MOUNTS)
def test_4_3_volumes(row: str, service: Any) -> None:
    text, mounts, codes = MOUNTS[row]
    outcome = service(f"volumes: {text}")
    assert (outcome.app.get("volumes", []), set(outcome.codes)) == (mounts, codes)


@pytest.mark.parametrize("row", TOP_LEVEL_VOLUMES)
def test_4_3_top_level_volumes(row: str) -> None:
    text, kept, codes = TOP_LEVEL_VOLUMES[row]
    compose = f"services: {{app: {{image: 'a:1', volumes: ['v:/v']}}}}\nvolumes: {{v: {{{text}}}}}"
    made = Transformer()(compose)
    assert made.data is not None
    assert made.data["volumes"] == {"v": kept}
    assert {finding.code.id for finding in made.findings} == codes


def test_4_3_volumes_that_nothing_uses_are_dropped() -> None:
    made = Transformer()("services: {app: {image: 'a:1'}}\nvolumes: {unused: }")
    assert made.data is not None
    assert "volumes" not in made.data


@pytest.mark.parametrize("row", KEPT)
def test_4_4_refused(row: str, service: Any) -> None:
    body, codes = KEPT[row]
    version = {"version": "1.0.0+b"} if row == "build with a version that is no tag" else {}
    found = {
        finding.code.id for finding in _deployment(service, body, **version).findings if finding.is_error
    }
    assert found - {"KZ104"} == codes


@pytest.mark.parametrize("row", DROPPED)
def test_4_4_dropped(row: str, service: Any) -> None:
    body, key, codes = DROPPED[row]
    outcome = service(body)
    assert key not in outcome.app
    assert set(outcome.codes) == codes


@pytest.mark.parametrize("row", UNTOUCHED)
def test_4_4_kept(row: str, service: Any) -> None:
    body, value, codes = UNTOUCHED[row]
    outcome = service(body)
    assert outcome.app[body.partition(":")[0]] == value
    assert set(outcome.codes) == codes


def test_4_4_build_and_image_keeps_the_repository_and_takes_the_version(service: Any) -> None:
    app = service("build: .\nimage: localhost:5000/kamiwazaai/b:old").app
    assert app["image"] == "localhost:5000/kamiwazaai/b:v1.2.0"


def test_4_4_build_only_gets_an_image(service: Any) -> None:
    assert service("build: .").app["image"] == "kamiwazaai/notes-app:v1.2.0"


def test_4_4_image_takes_the_default_of_its_variable(service: Any) -> None:
    assert service("image: 'redis:${T:-7}'").app["image"] == "redis:7"


@pytest.mark.parametrize(
    "hosts", ["", "extra_hosts: ['a:1.1.1.1']", "extra_hosts: ['a=1.1.1.1']", "extra_hosts: {a: 1.1.1.1}"]
)
def test_4_4_extra_hosts_in_every_form(hosts: str, service: Any) -> None:
    assert "host.docker.internal:host-gateway" in service(hosts or "tty: true").app["extra_hosts"]


@pytest.mark.parametrize("deploy", ["", "deploy: ", "deploy: {resources: {limits: {}}}", "mem_limit: 64m"])
def test_4_4_limits_are_filled_in_one_by_one(deploy: str, service: Any) -> None:
    limits = service(deploy or "tty: true").app["deploy"]["resources"]["limits"]
    assert limits == {"cpus": "1.0", "memory": "64m" if "64m" in deploy else "1G"}


def test_4_4_replicas_and_graphics_processors_are_kept(service: Any) -> None:
    deploy = service(
        "deploy: {replicas: 2, resources: {reservations: {devices: [{capabilities: [gpu]}]}}}"
    ).app["deploy"]
    assert deploy["replicas"] == 2
    assert deploy["resources"]["reservations"] == {"devices": [{"capabilities": ["gpu"]}]}


def test_4_4_profiles_go_with_what_only_they_use_and_nothing_dangles() -> None:
    made = Transformer()(
        """
        services:
          app: {image: 'a:1', depends_on: [helper]}
          helper: {image: 'b:1', profiles: [dev], volumes: ['v:/v']}
        volumes: {v: }
        """
    )
    assert made.data is not None
    assert list(made.data["services"]) == ["app"]
    assert "depends_on" not in made.data["services"]["app"]
    assert "volumes" not in made.data
    assert "KZ217" in {finding.code.id for finding in made.findings}


def test_4_4_depends_on_keeps_both_forms() -> None:
    made = Transformer()(
        """
        services:
          one: {image: 'a:1', depends_on: [three]}
          two: {image: 'a:1', depends_on: {three: {condition: service_started}}}
          three: {image: 'b:1'}
        """
    )
    assert made.data is not None
    assert made.data["services"]["one"]["depends_on"] == ["three"]
    assert made.data["services"]["two"]["depends_on"] == {"three": {"condition": "service_started"}}


def test_4_4_configs_with_their_content_are_kept() -> None:
    made = Transformer()("services: {app: {image: 'a:1', configs: [c]}}\nconfigs: {c: {content: hello}}")
    assert made.data is not None
    assert made.data["configs"] == {"c": {"content": "hello"}}


def test_4_4_extends_and_include_are_written_out() -> None:
    made = Transformer()(
        "include: [more.yml]\nservices: {app: {extends: {file: base.yml, service: base}}}",
        included={
            "base.yml": "services: {base: {image: 'a:1', user: '7'}}",
            "more.yml": "services: {db: {image: 'b:1'}}",
        },
    )
    assert made.data is not None
    assert made.data["services"]["app"]["user"] == "7"
    assert "db" in made.data["services"]
    assert "include" not in made.data


def test_4_4_version_name_and_x_at_the_top_are_dropped_and_anchors_expanded() -> None:
    made = Transformer()(
        "version: '3.8'\nname: n\nx-common: &c {restart: always}\nservices: {app: {<<: *c, image: 'a:1'}}"
    )
    assert made.data is not None
    assert list(made.data) == ["services"]
    assert made.data["services"]["app"]["restart"] == "always"


@pytest.mark.parametrize(
    ("text", "value"),
    [("22:22", "22:22"), ("on", "on"), ("0440", 440), ("2024-01-01", "2024-01-01"), ("yes", "yes")],
)
def test_4_1_scalars_are_those_of_yaml_1_2(text: str, value: Any, service: Any) -> None:
    assert service(f"x-kamiwaza: {{a: {text}}}").app["x-kamiwaza"]["a"] == value


def _deployment(service: Any, body: str, **manifest: Any) -> Any:
    return service(body, **manifest).deployment
