"""Every other key of a service (contract 4.4), one test a row."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.appgarden.emit import to_yaml
from catalog.model.yaml_text import read_yaml

SEED_COMMAND = """\
command: |
  sh -c "cat > /etc/nginx/nginx.conf << 'EOF'
  events { worker_connections 1024; }
  http {
    client_max_body_size 100M;
    upstream backend { server backend:8001; }

    server {
      listen 80;
      location /api/ {
        proxy_set_header Host \\$$host;
        # SSE-specific configuration
        proxy_set_header Connection '';
      }
    }
  }
  EOF
  nginx -g 'daemon off;'"
"""


# Kept


@pytest.mark.parametrize(
    "body",
    [
        'healthcheck: {test: ["CMD", "true"], interval: 30s, disable: false}',
        "restart: unless-stopped",
        "user: '1000:1000'",
        "working_dir: /app",
        "stop_grace_period: 1m30s",
        "stop_signal: SIGQUIT",
        "init: true",
        "shm_size: 1gb",
        "ulimits: {nofile: {soft: 1, hard: 2}}",
        "logging: {driver: json-file, options: {max-size: 10m}}",
        "tmpfs: /run",
        "expose: [3000]",
        "hostname: web",
        "dns: [1.1.1.1]",
        "sysctls: {net.core.somaxconn: 1024}",
        "read_only: true",
        "stdin_open: true",
        "gpus: all",
        "pids_limit: 100",
        "x-kamiwaza: {healthCheck: {path: /health}}",
        "a_key_of_the_future: {a: [1]}",
        "command:",
        "command: [run, --port, '80']",
        "entrypoint: /bin/sh -c 'echo $$HOME \\$$x'",
        "annotations: {a: b}",
        "configs: [{source: app, target: /etc/app, mode: 0440}]",
    ],
)
def test_a_key_without_a_meaning_for_the_transform_is_kept(service: Any, body: str) -> None:
    outcome = service(body, files=())
    ((key, value),) = read_yaml(body).items()
    assert key in outcome.app
    assert to_yaml(outcome.app[key]) == to_yaml(value)
    assert outcome.codes == []


def test_a_command_survives_byte_for_byte(service: Any) -> None:
    command = read_yaml(SEED_COMMAND)["command"]
    data = service(SEED_COMMAND).data
    assert data["services"]["app"]["command"] == command
    text = to_yaml(data)
    assert read_yaml(text)["services"]["app"]["command"] == command
    assert "    command: |\n      sh -c \"cat > /etc/nginx/nginx.conf << 'EOF'\n" in text
    assert "            proxy_set_header Host \\$$host;\n" in text


def test_the_environment_is_kept_verbatim(service: Any) -> None:
    body = (
        "environment: {URL: 'redis://${H:-redis}:6379', PORT: 8000, ON: true, TEMPLATE: '{app_port}', E: ''}"
    )
    outcome = service(body)
    assert outcome.app["environment"] == read_yaml(body)["environment"]
    assert outcome.codes == []


def test_the_mode_of_a_config_keeps_its_spelling(transformed: Any) -> None:
    deployment = transformed("""
        services: {app: {image: "a:1", configs: [{source: c, mode: 0440}]}}
        configs: {c: {content: "x"}}
        """)
    assert "mode: 0440" in to_yaml(deployment.data)


# Dropped


@pytest.mark.parametrize(
    "body",
    [
        "container_name: web",
        "develop: {watch: [{path: ., action: sync}]}",
        "links: ['db:database']",
        "pull_policy: build",
        "network_mode: bridge",
        "network_mode: my_network",
        "network_mode: ${MODE}",
    ],
)
def test_a_key_that_serves_one_machine_only_is_dropped_with_a_warning(service: Any, body: str) -> None:
    outcome = service(body)
    key = body.partition(":")[0]
    (finding,) = outcome.deployment.findings
    assert finding.code.id == "KZ223"
    assert finding.pointer == ("services", "app", key)
    assert f"{key} " in finding.message
    assert key not in outcome.app


@pytest.mark.parametrize(
    "body", ["container_name:", "links: []", "develop: {}", "network_mode:", "volumes_from: []"]
)
def test_a_key_with_nothing_in_it_is_dropped_without_a_word(service: Any, body: str) -> None:
    outcome = service(body)
    assert outcome.codes == []
    assert body.partition(":")[0] not in outcome.app


def test_the_hint_for_a_container_name_says_which_name_to_use(service: Any) -> None:
    (finding,) = service("container_name: notes_db").deployment.findings
    assert finding.hint == "Where others name it as a host, write the name that it has under services."


# Kept with a warning


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("pull_policy: always", "KZ224"),
        ("pull_policy: daily", "KZ224"),
        ("pull_policy: every_12h", "KZ224"),
        ("platform: linux/amd64", "KZ225"),
        ("labels: ['a=b', 'traefik.enable=true', 'traefik.port=80']", "KZ226"),
        ("labels: {traefik.enable: 'true'}", "KZ226"),
    ],
)
def test_a_key_that_may_not_work_is_kept_with_a_warning(service: Any, body: str, code: str) -> None:
    outcome = service(body)
    assert outcome.codes == [code]
    assert body.partition(":")[0] in outcome.app


@pytest.mark.parametrize("body", ["pull_policy: missing", "platform:", "labels: {a: b}", "labels: [a]"])
def test_a_harmless_value_needs_no_warning(service: Any, body: str) -> None:
    assert service(body).codes == []


# Refused


@pytest.mark.parametrize("mode", ["host", "container:db", "service:db", "${MODE:-host}"])
def test_the_network_of_somebody_else_is_an_error_at_every_tier(service: Any, mode: str) -> None:
    assert service(f"network_mode: {mode}", risk_tier=2).codes == ["KZ218"]


def test_no_network_at_all_is_kept(service: Any) -> None:
    outcome = service("network_mode: none")
    assert outcome.app["network_mode"] == "none"
    assert outcome.codes == []


@pytest.mark.parametrize("body", ["external_links: [db]", "volumes_from: [db:ro]"])
def test_sharing_with_containers_that_are_not_there_is_an_error(service: Any, body: str) -> None:
    assert service(body, risk_tier=2).codes == ["KZ222"]


@pytest.mark.parametrize(
    "body",
    ["env_file: .env", "env_file: [.env]", "env_file: [{path: .env}]", "label_file: l", "label_file: [l]"],
)
def test_a_file_beside_the_compose_file_is_an_error_that_names_it(service: Any, body: str) -> None:
    (finding,) = service(body).deployment.findings
    assert finding.code.id == "KZ221"
    assert "'.env'" in finding.message or "'l'" in finding.message
    assert finding.hint.startswith("Write its")


def test_a_seccomp_profile_beside_the_compose_file_is_an_error_in_every_tier(service: Any) -> None:
    outcome = service("security_opt: [no-new-privileges:true, 'seccomp:./chrome.json']", risk_tier=2)
    (finding,) = outcome.deployment.findings
    assert finding.code.id == "KZ221"
    assert finding.pointer == ("services", "app", "security_opt", 1)
    assert service("security_opt: [seccomp=unconfined]", risk_tier=2).codes == []


@pytest.mark.parametrize("required", ["false", '"false"'])
def test_an_env_file_that_may_be_missing_is_dropped_with_a_warning(service: Any, required: str) -> None:
    outcome = service(f"env_file: [{{path: .env.local, required: {required}}}]")
    assert outcome.codes == ["KZ223"]
    assert "env_file" not in outcome.app


@pytest.mark.parametrize("body", ["env_file:", "env_file: []", "label_file:"])
def test_no_file_at_all_is_fine(service: Any, body: str) -> None:
    assert service(body).codes == []


@pytest.mark.parametrize("section", ["configs", "secrets"])
@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("{content: x}", []),
        ("{environment: TOKEN}", []),
        ("{file: ./x}", ["KZ221"]),
        ("{external: true}", ["KZ221"]),
        ("{external: true, name: x}", ["KZ221"]),
        ("", ["KZ203"]),
        ("text", ["KZ203", "KZ203"]),
    ],
)
@pytest.mark.parametrize("use", ["[x]", "[{source: x, target: /run/x}]", "[{target: /y}, x]"])
def test_configs_and_secrets_must_bring_their_text(
    transformed: Any, section: str, declared: str, found: list[str], use: str
) -> None:
    deployment = transformed(f"""
        services: {{app: {{image: "a:1", {section}: {use}}}}}
        {section}: {{x: {declared}}}
        """)
    assert [finding.code.id for finding in deployment.findings] == found
    if deployment.data:
        assert set(deployment.data[section]) == {"x"}


# Power over the host


@pytest.mark.parametrize(
    "body",
    [
        "privileged: true",
        "pid: host",
        "ipc: host",
        "ipc: service:db",
        "userns_mode: host",
        "uts: host",
        "cgroup: host",
        "devices: [/dev/ttyUSB0:/dev/ttyUSB0]",
        "device_cgroup_rules: ['c 1:3 mr']",
        "cap_add: [SYS_ADMIN]",
        "security_opt: ['seccomp:unconfined']",
        "security_opt: ['apparmor=unconfined']",
        "security_opt: ['label:disable']",
        "userns_mode: '${MODE:-host}'",
        "uts: '${MODE-host}'",
        "cgroup: '${MODE:-host}'",
        "security_opt: ['${PROFILE:-seccomp:unconfined}']",
        "post_start: [{command: a}, {command: b, privileged: true}]",
        "pre_stop: [{command: b, privileged: 'true'}]",
    ],
)
def test_power_over_the_host_is_kept_and_an_error_below_tier_2(service: Any, body: str) -> None:
    assert service(body, risk_tier=1).codes == ["KZ220"]
    outcome = service(body, risk_tier=2)
    assert outcome.codes == []
    assert outcome.app.items() >= read_yaml(body).items()


@pytest.mark.parametrize(
    "body",
    [
        "privileged: false",
        "privileged: 'false'",
        "ipc: private",
        "ipc: shareable",
        "userns_mode: keep-id",
        "cgroup: private",
        "cap_drop: [ALL]",
        "cap_add: []",
        "devices:",
        "security_opt: ['no-new-privileges:true']",
        "security_opt: [{a: b}]",
        "security_opt: ['no-new-privileges:${VALUE:-true}']",
        "userns_mode: '${MODE:-keep-id}'",
        "post_start: [{command: a, privileged: false}, b]",
        "pre_stop: text",
    ],
)
def test_what_takes_no_power_is_no_error(service: Any, body: str) -> None:
    assert service(body).codes == []


def test_graphics_processors_are_no_power_over_the_host(service: Any) -> None:
    body = "deploy: {replicas: 2, resources: {reservations: {devices: [{capabilities: [gpu]}]}}}"
    deploy = service(body).app["deploy"]
    assert deploy["resources"]["reservations"] == {"devices": [{"capabilities": ["gpu"]}]}
    assert deploy["replicas"] == 2


# Variables


@pytest.mark.parametrize(
    "body",
    [
        "environment: {KEY: '${TOKEN}'}",
        "environment: ['KEY=x$TOKEN']",
        "environment: ['KEY=${TOKEN:?set it}', 'OTHER=${TOKEN}']",
        "environment: {KEY: '${OTHER:-${TOKEN}}'}",
        "environment: [TOKEN]",
        "environment: {TOKEN: }",
    ],
)
def test_a_variable_that_nobody_sets_is_a_warning(service: Any, body: str) -> None:
    (finding,) = service(body).deployment.findings
    assert finding.code.id == "KZ227"
    assert "TOKEN" in finding.message
    assert service(body, env_defaults={"TOKEN": "x"}).codes == []
    assert service(body, required_env_vars=["TOKEN"]).codes == []
    assert service(body, optional_env_vars={"TOKEN": {}}).codes == []


@pytest.mark.parametrize("value", ["${KAMIWAZA_API_URL}", "$OPENAI_BASE_URL", "${A:-}", "$$A"])
def test_a_variable_of_the_platform_or_with_a_default_is_fine(service: Any, value: str) -> None:
    assert service(f"environment: {{A: '{value}'}}").codes == []


# Hosts


@pytest.mark.parametrize(
    ("section", "hosts"),
    [
        ("", ["host.docker.internal:host-gateway"]),
        ("extra_hosts:", ["host.docker.internal:host-gateway"]),
        ("extra_hosts: ['a:1.2.3.4']", ["a:1.2.3.4", "host.docker.internal:host-gateway"]),
        ("extra_hosts: ['a=::1']", ["a=::1", "host.docker.internal:host-gateway"]),
        ("extra_hosts: ['host.docker.internal=host-gateway']", ["host.docker.internal:host-gateway"]),
        (
            "extra_hosts: ['host.docker.internal:host-gateway', 'host.docker.internal=host-gateway', 'a:1']",
            ["host.docker.internal:host-gateway", "a:1"],
        ),
        ("extra_hosts: {a: 1.2.3.4}", ["a:1.2.3.4", "host.docker.internal:host-gateway"]),
        ("extra_hosts: {host.docker.internal: host-gateway}", ["host.docker.internal:host-gateway"]),
        ("extra_hosts: {a: [1.2.3.4, '::1']}", ["a:1.2.3.4", "a=::1", "host.docker.internal:host-gateway"]),
    ],
)
def test_every_service_reaches_the_host(service: Any, section: str, hosts: list[str]) -> None:
    outcome = service(section)
    assert outcome.app["extra_hosts"] == hosts
    assert outcome.codes == []


def test_a_fixed_address_of_the_host_becomes_the_gateway_with_a_warning(service: Any) -> None:
    outcome = service("extra_hosts: ['host.docker.internal:172.17.0.1']")
    assert outcome.app["extra_hosts"] == ["host.docker.internal:host-gateway"]
    assert outcome.codes == ["KZ223"]


# Dependencies and profiles


def test_services_with_profiles_go_with_all_that_only_they_use(transformed: Any) -> None:
    deployment = transformed("""
        services:
          app: {image: "a:1", depends_on: [db, debug], volumes: ["data:/d"], profiles: []}
          other: {image: "a:1", depends_on: {debug: {condition: service_started}, db: {}}}
          third: {image: "a:1", depends_on: [debug]}
          fourth: {image: "a:1", depends_on: {debug: {}}}
          debug: {image: "a:1", profiles: [debug, tools], volumes: ["debug:/d", "./x:/x"], privileged: true}
          db: {image: "b:1"}
        volumes: {data: , debug: }
        """)
    services = deployment.data["services"]
    assert list(services) == ["app", "other", "third", "fourth", "db"]
    assert services["app"]["depends_on"] == ["db"]
    assert services["other"]["depends_on"] == {"db": {}}
    assert "depends_on" not in services["third"]
    assert "depends_on" not in services["fourth"]
    assert "profiles" not in services["app"]
    assert deployment.data["volumes"] == {"data": None}
    assert [finding.code.id for finding in deployment.findings] == ["KZ217", "KZ223"]
    assert "debug, tools" in deployment.findings[0].message


@pytest.mark.parametrize("depends_on", ["[db]", "{db: {condition: service_healthy}}"])
def test_a_dependency_on_no_service_is_dropped_with_a_warning(service: Any, depends_on: str) -> None:
    outcome = service(f"depends_on: {depends_on}")
    assert outcome.codes == ["KZ223"]
    assert "depends_on" not in outcome.app


def test_a_file_of_helpers_only_has_nothing_to_deploy(service: Any) -> None:
    assert service("profiles: [dev]").codes == ["KZ217", "KZ201"]


# Networks


@pytest.mark.parametrize(
    "networks",
    ["networks: {front: }", "networks: {front: {driver: bridge}}", "networks: {default: {name: x}}"],
)
def test_networks_are_dropped_with_one_warning_a_file(transformed: Any, networks: str) -> None:
    deployment = transformed(f"""
        services:
          a: {{image: "a:1", networks: [front]}}
          b: {{image: "a:1", networks: {{front: }}}}
        {networks}
        """)
    (finding,) = deployment.findings
    assert finding.code.id == "KZ219"
    assert finding.pointer == ("networks",)
    assert finding.message.endswith("share one network.")
    assert "networks" not in to_yaml(deployment.data).partition("\n")[2]


@pytest.mark.parametrize(
    ("section", "lost"),
    [
        ("networks: {n: {external: true}}", "the external network 'n'"),
        ("networks: {n: {internal: true}}", "the isolation of 'n'"),
        ("networks: {n: {driver: overlay}}", "the driver of 'n'"),
        ("networks: {n: {ipam: {config: []}}}", "the addresses of 'n'"),
    ],
)
def test_the_warning_names_what_the_networks_were_for(transformed: Any, section: str, lost: str) -> None:
    (finding,) = transformed(f"services: {{a: {{image: 'a:1'}}}}\n{section}").findings
    assert f"With them went {lost}." in finding.message


def test_the_warning_names_lost_aliases_and_addresses(service: Any) -> None:
    (finding,) = service(
        "networks: {n: {aliases: [database, app], ipv4_address: 10.0.0.2}, m: {aliases: x}}"
    ).deployment.findings
    assert finding.pointer == ("services", "app", "networks")
    assert "the alias 'database' of 'app', the fixed address of 'app'." in finding.message


@pytest.mark.parametrize("networks", ["networks:", "networks: {}"])
def test_no_networks_need_no_warning(transformed: Any, networks: str) -> None:
    deployment = transformed(f"services: {{a: {{image: 'a:1', networks: }}}}\n{networks}")
    assert deployment.findings == ()
    assert "networks" not in deployment.data


# The top of the file


def test_the_top_of_the_file_loses_what_means_nothing_on_the_platform(transformed: Any) -> None:
    deployment = transformed("""
        version: "3.8"
        name: project
        x-base: &base {restart: always}
        services:
          app:
            <<: *base
            image: a:1
        a_section_of_the_future: {a: 1}
        """)
    assert list(deployment.data) == ["services", "a_section_of_the_future"]
    assert deployment.data["services"]["app"]["restart"] == "always"
    (finding,) = deployment.findings
    assert (finding.code.id, finding.pointer) == ("KZ223", ("name",))


# Wrong forms


@pytest.mark.parametrize(
    ("compose", "found"),
    [
        ("services:", ["KZ201"]),
        ("services: {}", ["KZ201"]),
        ("services: []", ["KZ203", "KZ201"]),
        ("volumes: {a: }", ["KZ201", "KZ223"]),
        ("[a, b]", ["KZ007", "KZ201"]),
        ("text", ["KZ007", "KZ201"]),
        ("", ["KZ007", "KZ201"]),
        ("services: {app: }", ["KZ202", "KZ201"]),
        ("services: {app: [a], web: {image: 'a:1'}}", ["KZ202"]),
    ],
)
def test_a_file_without_services_is_an_error(transformed: Any, compose: str, found: list[str]) -> None:
    deployment = transformed(compose)
    assert [finding.code.id for finding in deployment.findings] == found
    assert deployment.data is None


@pytest.mark.parametrize(
    "body",
    [
        "environment: text",
        "environment: [{KEY: value}]",
        "environment: {KEY: [a]}",
        "environment: [1]",
        "extra_hosts: text",
        "extra_hosts: [a]",
        "extra_hosts: [[a]]",
        "extra_hosts: {a: 1}",
        "extra_hosts: {a: }",
        "labels: 42",
        "profiles: text",
        "depends_on: db",
        "depends_on: [1]",
        "network_mode: [a]",
        "env_file: [[a]]",
        "env_file: {a: b, path: 1}",
        "deploy: [a]",
        "deploy: {resources: a}",
        "deploy: {resources: {limits: a}}",
        "deploy: {resources: {limits: {cpus: [1]}}}",
        "mem_limit: {a: b}",
        "volumes: text",
        "ports: {a: b}",
    ],
)
def test_a_section_of_the_wrong_form_is_an_error_and_never_a_crash(service: Any, body: str) -> None:
    outcome = service(body)
    assert outcome.codes == ["KZ203"]
    (finding,) = outcome.deployment.findings
    assert finding.pointer[:3] == ("services", "app", body.partition(":")[0])
    assert finding.hint


def test_a_message_shortens_what_is_long(service: Any) -> None:
    assert f"text ({'a' * 40}…)" in service(f"environment: {'a' * 99}").messages[0]


def test_every_finding_says_what_to_do_next(service: Any) -> None:
    findings = service(
        "container_name: a\nprivileged: true\nports: [80, x]\nvolumes: ['./a:/a', '/etc:/e']\nplatform: x"
    ).deployment.findings
    assert len(findings) == 7
    assert all(finding.hint and finding.message.endswith(".") and finding.pointer for finding in findings)
