"""Rules about building images, about web servers in them, and about health checks."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from catalog.model.extension import SourceDocument
from tests.rules.builder import (
    DOCKERFILE,
    by_hand,
    extension,
    findings,
    found,
    places,
    source_of,
    the,
    with_deployment,
)

if TYPE_CHECKING:
    from catalog.model.extension import Extension

CHECK = {"test": ["CMD", "true"]}


def built(build: Any = ".", *, texts: dict[str, str | None] | None = None, **service: Any) -> Extension:
    web = {"build": build, "ports": ["8000"], "healthcheck": CHECK, **service}
    return extension(development={"services": {"web": web}}, texts=texts)


def dockerfile(
    text: str, build: Any = ".", *, texts: dict[str, str] | None = None, **service: Any
) -> Extension:
    return built(build, texts={"Dockerfile": text, **(texts or {})}, **service)


def test_what_is_built_from_a_dockerfile_that_is_there_is_fine() -> None:
    assert found(built()) == []


@pytest.mark.parametrize(
    "build", [".", {"context": "."}, {"context": "./sub", "dockerfile": "../Dockerfile"}]
)
def test_a_missing_dockerfile_is_a_warning_at_its_build_section(build: Any) -> None:
    made = built(build, texts={"Dockerfile": None})
    finding = the("KZ232", made)
    assert not finding.is_error
    assert finding.pointer == ("services", "web", "build")
    assert "is not there" in finding.message


def test_a_dockerfile_that_cannot_be_read_is_said_to_be_so() -> None:
    made = built(texts={"Dockerfile": None})
    there = replace(made, files={**made.files, PurePosixPath("Dockerfile"): 10})
    assert "cannot be read" in the("KZ232", there).message


def test_a_dockerfile_that_stands_in_the_compose_file_is_there() -> None:
    assert found(built({"dockerfile_inline": "FROM scratch"}, texts={"Dockerfile": None})) == []


def test_a_dockerfile_whose_name_is_a_variable_is_not_looked_for() -> None:
    made = built({"dockerfile": "${FILE:-Dockerfile}"}, texts={"${FILE:-Dockerfile}": None})
    assert "KZ232" not in found(made)


def test_services_with_profiles_need_nothing() -> None:
    services = {"web": {"build": ".", "ports": ["8000"]}, "dev": {"build": "..", "profiles": ["dev"]}}
    assert found(extension(development={"services": services})) == ["KZ217"]


@pytest.mark.parametrize(
    "build",
    [
        "..", "../shared", "/srv/app", "https://git.acme.test/app.git", "git@acme.test:app.git",
        {"context": ".", "dockerfile": "../Dockerfile"}, {"context": "git://acme.test/app"},
    ],
)  # fmt: skip
def test_a_build_from_outside_is_one_warning(build: Any) -> None:
    assert found(built(build)) == ["KZ233"]


@pytest.mark.parametrize("value", ["../shared", "https://acme.test/x.git", "/srv", "oci-layout:///etc"])
def test_an_additional_context_from_outside_is_a_warning_at_its_place(value: str) -> None:
    build = {"context": ".", "additional_contexts": {"inner": "./inner", "libs": value}}
    assert places("KZ233", built(build)) == [("services", "web", "build", "additional_contexts", "libs")]
    as_list = {"context": ".", "additional_contexts": [f"libs={value}"]}
    assert places("KZ233", built(as_list)) == [("services", "web", "build", "additional_contexts", 0)]


@pytest.mark.parametrize("value", ["docker-image://alpine", "service:base", 5, None, "./a"])
def test_other_additional_contexts_are_fine(value: Any) -> None:
    assert "KZ233" not in found(built({"context": ".", "additional_contexts": {"libs": value}}))


def test_builds_of_included_files_are_held_against_the_rules_too() -> None:
    made = extension(development={"include": ["more/compose.yml"], "services": {"web": {"image": "a:1"}}})
    data = {"services": {"api": {"build": "./api", "ports": ["8000"]}}}
    path = PurePosixPath("more/compose.yml")
    document = SourceDocument(made.directory / path, "{}", data)
    source = replace(source_of(made), included={path: document})
    finding = the("KZ232", replace(made, kamiwaza=source))
    assert (str(finding.file), finding.pointer) == (
        "apps/notes/more/compose.yml",
        ("services", "api", "build"),
    )
    assert "more/api/Dockerfile" in finding.message


@pytest.mark.parametrize("build", [None, {"target": "prod"}, {"args": {"A": "1"}}])
def test_what_a_service_extends_is_its_own_build_with_its_health_check(build: Any) -> None:
    web = {"extends": {"service": "base"}, "ports": ["8000"]} | ({"build": build} if build else {})
    assert found(extension(development={"services": {"base": {"build": "./api"}, "web": web}})) == []


def test_a_dockerfile_lies_in_the_folder_of_what_the_service_extends() -> None:
    services = {
        "base": {"build": "./api"},
        "other": {"extends": {"service": "base"}, "build": {"dockerfile": "Other"}},
    }
    finding = the("KZ232", extension(development={"services": services}))
    assert "'other' is built from api/Other," in finding.message


@pytest.mark.parametrize("value", ["80", "80/tcp", "443/udp 8080", "8080 25", "100-200"])
def test_an_exposed_port_below_1024_is_a_warning_in_its_line(value: str) -> None:
    finding = the("KZ234", dockerfile(f"FROM python:3.11\n\nEXPOSE {value}\n"))
    assert (str(finding.file), finding.line) == ("apps/notes/Dockerfile", 3)


@pytest.mark.parametrize("value", ["8080", "8000-9000/tcp", "$PORT", "${PORT:-80}", "0", "x80"])
def test_other_exposed_ports_are_fine(value: str) -> None:
    assert found(dockerfile(f"FROM python:3.11\nEXPOSE {value}\n")) == []


def test_a_stage_that_the_image_does_not_have_may_expose_what_it_likes() -> None:
    assert found(dockerfile("FROM a AS x\nEXPOSE 80\nFROM b\n")) == []
    assert found(dockerfile("FROM a AS x\nEXPOSE 80\nFROM b\n", {"context": ".", "target": "x"})) == ["KZ234"]


def test_a_finding_in_an_inline_dockerfile_stands_in_the_compose_file() -> None:
    finding = the("KZ234", built({"dockerfile_inline": "FROM a\nEXPOSE 80"}))
    assert finding.file.name == "docker-compose.yml"
    assert finding.pointer == ("services", "web", "build", "dockerfile_inline")


@pytest.mark.parametrize(
    "text",
    [
        "FROM nginx", "FROM docker.io/library/nginx:1.27", "FROM httpd:2.4", "FROM php:8-apache",
        "FROM nginx\nUSER 0",
        "FROM nginx\nUSER 101\nUSER root:root", "FROM nginx AS a\nUSER 101\nFROM nginx",
        "ARG BASE=nginx\nFROM ${BASE}:1.27", "FROM nginx AS a\nFROM a AS b\nFROM b",
    ],
)  # fmt: skip
def test_a_web_server_that_starts_as_root_is_a_warning(text: str) -> None:
    finding = the("KZ235", dockerfile(text))
    assert not finding.is_error
    assert finding.line == text.count("\n", 0, text.rindex("FROM")) + 1


@pytest.mark.parametrize(
    "text",
    [
        "FROM nginxinc/nginx-unprivileged", "FROM php:8-fpm", "FROM httpd\nUSER daemon",
        "FROM Not A Reference!", "FROM bitnami/nginx", "FROM acme.test/nginx:1",
        "FROM httpd AS a\nUSER 5\nFROM a\nRUN x", "FROM httpd AS a\nFROM python:3.11", "RUN x", "",
    ],
)  # fmt: skip
def test_other_images_may_start_as_they_like(text: str) -> None:
    assert found(dockerfile(text)) == []


def test_the_user_of_the_service_decides() -> None:
    assert "KZ235" not in found(dockerfile("FROM httpd", user="1000:1000"))
    assert "KZ235" in found(dockerfile("FROM httpd\nUSER 5", user=0))


@pytest.mark.parametrize("image", ["nginx:1.27", "docker.io/library/nginx:1", "httpd:2.4", "php:8.3-apache"])
def test_the_image_of_a_web_server_as_it_is_is_a_warning(image: str) -> None:
    made = by_hand({"image": image})
    assert found(made) == ["KZ235"]
    assert places("KZ235", made) == [("services", "web", "image")]
    assert found(by_hand({"image": image, "user": "101"})) == []
    assert found(by_hand({"image": image, "user": "root"})) == ["KZ235"]


@pytest.mark.parametrize("image", ["nginxinc/nginx-unprivileged:1", "redis:7", 5])
def test_other_images_are_fine(image: Any) -> None:
    assert "KZ235" not in found(by_hand({"image": image}))


NGINX = "FROM nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\nUSER nginx\n"
SOUND = "pid /tmp/nginx.pid;\nhttp {\n  proxy_temp_path /tmp/proxy;\n  server { listen 8080; }\n}\n"


def nginx(conf: str, text: str = NGINX) -> Extension:
    return dockerfile(text, texts={"nginx.conf": conf})


def test_an_nginx_that_writes_to_tmp_is_fine() -> None:
    assert found(nginx(SOUND)) == []


@pytest.mark.parametrize(
    ("conf", "missing"),
    [
        ("", "process file and temporary files"),
        ("# pid /tmp/nginx.pid;", "process file and temporary files"),
        ("pid /tmp/nginx.pid;", "temporary files"),
        ("proxy_temp_path /tmp/a;", "process file"),
    ],
)
def test_an_nginx_without_root_that_writes_to_places_of_root_is_a_warning(conf: str, missing: str) -> None:
    finding = the("KZ236", nginx(conf or " "))
    assert f"its {missing} lie" in finding.message
    assert finding.line == 1


@pytest.mark.parametrize(
    "text",
    [
        "FROM nginx\nRUN chown -R nginx /var/cache/nginx /var/run/nginx.pid\nUSER 101",
        "FROM nginx\nRUN <<EOF\nchmod -R 777 /run /var/cache\nEOF\nUSER 101",
        'FROM nginx\nRUN chown nginx /var/cache/nginx\nUSER 101\nCMD ["nginx", "-g", "pid /tmp/nginx.pid;"]',
        "FROM node AS a\nFROM nginx\nCOPY --from=a nginx.conf /etc/nginx/nginx.conf\nUSER 101",
        "FROM nginx\nCOPY missing.conf /etc/nginx/nginx.conf\nUSER 101",
        "FROM nginx\nCOPY <<EOF /etc/nginx/nginx.conf\npid /tmp/a;\na_temp_path /tmp/b;\nEOF\nUSER 101",
        "FROM nginxinc/nginx-unprivileged\nUSER 101",
    ],
)
def test_an_nginx_whose_places_were_given_away_or_are_not_known_is_fine(text: str) -> None:
    assert found(dockerfile(text)) == []


def test_an_nginx_that_runs_as_root_writes_where_it_likes() -> None:
    assert found(dockerfile("FROM nginx")) == ["KZ235"]


@pytest.mark.parametrize(
    "line", ["listen 80;", "listen 443 ssl;", "listen [::]:80;", "listen 0.0.0.0:80 default_server;"]
)
def test_an_nginx_that_listens_below_1024_is_a_warning_in_the_line_of_its_configuration(line: str) -> None:
    finding = the("KZ237", nginx(f"# listen 25;\n{SOUND}server {{ {line} }}"))
    assert (str(finding.file), finding.line) == ("apps/notes/nginx.conf", 7)


@pytest.mark.parametrize("line", ["listen 8080;", "listen unix:/tmp/s;", "listen ${PORT};", "# listen 80;"])
def test_an_nginx_that_listens_higher_is_fine(line: str) -> None:
    assert found(nginx(f"{SOUND}\n{line}")) == []


def test_a_port_that_the_dockerfile_writes_is_found_there() -> None:
    text = "FROM nginxinc/nginx-unprivileged\nRUN echo 'server { listen 80; }' > /etc/nginx/conf.d/a.conf\n"
    finding = the("KZ237", dockerfile(text))
    assert (finding.file.name, finding.line) == ("Dockerfile", 2)


def test_a_folder_of_configurations_in_json_form_is_looked_through() -> None:
    text = 'FROM nginxinc/nginx-unprivileged\nCOPY ["conf", "/etc/nginx/conf.d/"]\n'
    assert the("KZ237", dockerfile(text, texts={"conf/a.conf": "listen 80;"})).file.name == "a.conf"


def unchecked(service: dict[str, Any]) -> Extension:
    """An App Garden file by hand, where neither the service nor the Dockerfile has a health check."""
    document = source_of(by_hand({"healthcheck": ..., **service})).deployment
    assert document is not None
    return with_deployment(extension(texts={"Dockerfile": "FROM a"}), document.data)


@pytest.mark.parametrize("service", [{"ports": ["8000"]}, {"expose": ["8000"]}])
def test_a_service_that_offers_a_port_without_a_health_check_is_a_warning(service: dict[str, Any]) -> None:
    made = unchecked({"ports": ..., **service})
    assert [code for code in found(made) if code != "KZ313"] == ["KZ315"]
    assert places("KZ315", made) == [("services", "web")]


@pytest.mark.parametrize(
    "service",
    [
        {"healthcheck": {"disable": True}}, {"healthcheck": {"test": ["NONE"]}},
        {"x-kamiwaza": {"healthCheck": {}}},
    ],
)  # fmt: skip
def test_a_service_that_says_how_its_health_is_seen_is_fine(service: dict[str, Any]) -> None:
    assert found(unchecked(service)) == []


@pytest.mark.parametrize("own", [None, {}, "x"])
def test_other_words_to_the_platform_are_no_health_check(own: Any) -> None:
    assert found(unchecked({"x-kamiwaza": own})) == ["KZ315"]


def test_a_health_check_of_the_dockerfile_is_enough() -> None:
    assert found(built(healthcheck=None)) == []
    assert found(built(healthcheck=None, texts={"Dockerfile": "FROM a"})) == ["KZ315"]
    assert "HEALTHCHECK" in DOCKERFILE


@pytest.mark.parametrize(
    ("awaiting", "expected"),
    [
        (["db"], ["KZ315"]),
        ({"db": {"condition": "service_started"}}, ["KZ315"]),
        ({"db": None}, ["KZ315"]),
        ({"db": {"condition": "service_completed_successfully"}}, []),
        ([5], []),
        ("db", []),
        (None, []),
    ],
)
def test_a_service_that_others_wait_for_needs_one_unless_it_is_a_task(
    awaiting: Any, expected: list[str]
) -> None:
    web = {"build": ".", "ports": ["8000"], "depends_on": awaiting}
    made = extension(development={"services": {"web": web, "db": {"image": "postgres:15"}}})
    assert [code for code in found(made) if code == "KZ315"] == expected


def test_a_worker_that_nobody_reaches_needs_no_health_check() -> None:
    services = {"web": {"build": ".", "ports": ["8000"]}, "worker": {"image": "acme/worker:1"}}
    assert found(extension(development={"services": services})) == []


def test_secrets_in_variables_are_found_where_their_author_wrote_them() -> None:
    made = built(environment={"DB_PASSWORD": "correct-horse"})
    assert places("KZ316", made) == [("services", "web", "environment", "DB_PASSWORD")]
    assert "correct-horse" not in the("KZ316", made).message
    default = extension(manifest={"env_defaults": {"API_KEY": "abcdef"}})
    assert places("KZ316", default) == [("env_defaults", "API_KEY")]


TOKEN = "ghp_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2"


def test_secrets_in_build_arguments_and_dockerfiles_are_found() -> None:
    made = built({"context": ".", "args": {"NPM_TOKEN": "abcdef", "MODE": "x"}})
    assert places("KZ316", made) == [("services", "web", "build", "args", "NPM_TOKEN")]
    text = (
        "FROM a\nARG NPM_TOKEN\nARG MODE=x\nENV A=1 DB_PASSWORD='hunter22'\n"
        "ENV API_KEY abcdef\nRUN x=1\nENV ONE"
    )
    lines = {one.line for one in findings(dockerfile(text)) if one.code.id == "KZ316"}
    assert lines == {4, 5}


def test_tokens_anywhere_else_are_found_by_their_shape() -> None:
    made = by_hand({"command": ["serve", f"--token={TOKEN}"], "labels": {"a": "b"}})
    source = source_of(made)
    assert source.deployment is not None
    shown = replace(made, kamiwaza=replace(source, deployment=replace(source.deployment, text=TOKEN)))
    assert places("KZ316", shown) == [("services", "web", "command", 1)]
    assert "revoke" in the("KZ316", shown).hint
    manifest = extension(manifest={"configuration_examples": {"x": TOKEN}, "verified": False})
    assert places("KZ316", manifest) == [("configuration_examples", "x")]


def test_a_token_in_a_variable_is_found_once() -> None:
    assert found(extension(manifest={"env_defaults": {"X": TOKEN}})) == ["KZ316"]


@pytest.mark.parametrize(
    "fields",
    [
        {"env_metadata": {"MODE": {"label": "Mode"}}},
        {"env_metadata": {"MODE": {"description": "Fast or thorough"}}},
        {"optional_env_vars": {"MODE": {"description": "Fast or thorough"}}},
        {"env_defaults": {"URL": "https://localhost:{app_port}"}},
        {"env_defaults": {"KAMIWAZA_API_URI": "http://a"}},
        {"env_defaults": {}},
    ],
)
def test_a_variable_with_a_meaning_or_of_the_platform_is_fine(fields: dict[str, Any]) -> None:
    made = extension(manifest={"optional_env_vars": ..., "env_defaults": {"MODE": "fast"}, **fields})
    assert found(made) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"env_metadata": {"MODE": {"label": " "}}},
        {"env_metadata": {"MODE": {"type": "text"}}},
        {"env_metadata": {"MODE": None}},
        {"optional_env_vars": {"OTHER": {"description": "x"}}},
    ],
)
def test_a_variable_without_a_meaning_is_a_warning_at_its_place(fields: dict[str, Any]) -> None:
    made = extension(manifest={"optional_env_vars": ..., "env_defaults": {"MODE": "fast"}, **fields})
    assert places("KZ120", made) == [("env_defaults", "MODE")]


@pytest.mark.parametrize("name", ["SERVICE_NAME", "OPENAI_BASE_URL"])
def test_the_names_of_the_platform_have_their_meaning(name: str) -> None:
    made = extension(manifest={"optional_env_vars": ..., "env_defaults": {name: "x"}})
    assert "KZ120" not in found(made)
