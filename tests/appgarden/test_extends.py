"""`extends` and `include` are resolved, so that the file needs no other (contract 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.appgarden.merging import merged

BASE = """
    services:
      base:
        build: {context: ., args: {A: "1"}}
        command: [base]
        environment: [A=1, B=2]
        ports: ["8000:8000"]
        volumes: ["data:/data", "./conf:/conf:ro"]
        cap_drop: [ALL]
    """


def codes(deployment: Any) -> list[str]:
    return [finding.code.id for finding in deployment.findings]


def test_a_service_takes_what_it_extends_in_the_same_file(transformed: Any) -> None:
    deployment = transformed("""
        services:
          base: {image: "a:1", restart: always, environment: {A: "1", B: "2"}}
          web: {extends: {service: base}, environment: {B: "3"}, ports: ["80:8080"]}
          short: {extends: base}
        """)
    web = deployment.data["services"]["web"]
    assert web["image"] == "a:1"
    assert web["restart"] == "always"
    assert web["environment"] == {"A": "1", "B": "3"}
    assert web["ports"] == ["8080"]
    assert "extends" not in web
    assert deployment.data["services"]["short"]["restart"] == "always"


def test_a_service_takes_what_it_extends_in_another_file(transformed: Any) -> None:
    deployment = transformed(
        """
        services:
          web:
            extends: {file: shared/base.yml, service: base}
            environment: {B: "3"}
            volumes: ["other:/data"]
            cap_drop: [ALL, X]
        """,
        included={"shared/base.yml": BASE},
        files=("shared/Dockerfile",),
    )
    web = deployment.data["services"]["web"]
    assert web["image"] == "kamiwazaai/notes-web:v1.2.0"
    assert web["environment"] == {"A": "1", "B": "3"}
    assert web["volumes"] == ["other:/data"]
    assert web["cap_drop"] == ["ALL", "X"]
    (finding,) = deployment.findings
    assert "'./shared/conf'" in finding.message


def test_paths_of_another_folder_start_at_the_extension(transformed: Any) -> None:
    deployment = transformed(
        "services: {web: {extends: {file: ./shared/../shared/base.yml, service: b}}}",
        included={
            "shared/base.yml": """
                services:
                  b:
                    build: ./web
                    volumes:
                      - ./web:/app
                      - {type: bind, source: ./data, target: /data}
                      - named:/n
                      - {type: tmpfs, target: /t}
                """
        },
    )
    assert [finding.message.split("'")[3] for finding in deployment.findings] == [
        "./shared/web",
        "./shared/data",
    ]
    assert "source code" in deployment.findings[0].message


def test_the_default_of_a_variable_is_a_path_of_the_files_own_folder(transformed: Any) -> None:
    deployment = transformed(
        "services: {web: {extends: {file: shared/base.yml, service: b}}}",
        included={
            "shared/base.yml": """
                services:
                  b:
                    image: "b:1"
                    volumes:
                      - ${DATA:-./data}:/data
                      - {type: bind, source: "${MORE:-../more}", target: /more}
                      - ${NAMED:-named}:/n
                      - ./${FOLDER}/x:/x
                      - /anonymous
                """
        },
    )
    sources = [finding.message.split("'")[3] for finding in deployment.findings]
    assert sources == ["./shared/data", "./more", "./shared/${FOLDER}/x"]
    assert deployment.data["services"]["web"]["volumes"][2] == "named:/n"


def test_a_build_section_without_a_context_lies_where_its_file_does(transformed: Any) -> None:
    deployment = transformed(
        "services: {web: {extends: {file: shared/b.yml, service: b}}}",
        included={"shared/b.yml": "services: {b: {build: {target: x}, volumes: ['.:/app']}}"},
    )
    assert codes(deployment) == ["KZ212"]
    assert "source code" in deployment.findings[0].message


def test_extends_may_go_over_several_files(transformed: Any) -> None:
    deployment = transformed(
        "services: {web: {extends: {file: a/a.yml, service: a}}}",
        included={
            "a/a.yml": "services: {a: {extends: {file: ../b.yml, service: b}, init: true}}",
            "b.yml": "services: {b: {image: 'b:1'}}",
        },
    )
    assert deployment.data["services"]["web"]["image"] == "b:1"
    assert deployment.data["services"]["web"]["init"] is True


@pytest.mark.parametrize(
    ("extends", "code"),
    [
        ("{service: absent}", "KZ204"),
        ("{file: absent.yml, service: base}", "KZ204"),
        ("{file: list.yml, service: base}", "KZ204"),
        ("{file: ../outside.yml, service: base}", "KZ204"),
        ("{service: web}", "KZ204"),
        ("{}", "KZ203"),
        ("{service: [a]}", "KZ203"),
        ("{service: a, file: 1}", "KZ203"),
    ],
)
def test_what_cannot_be_extended_is_an_error_at_its_place(transformed: Any, extends: str, code: str) -> None:
    deployment = transformed(
        f"services: {{web: {{image: 'a:1', extends: {extends}}}}}", included={"list.yml": "[a]"}
    )
    assert codes(deployment) == [code]
    assert deployment.findings[0].pointer == ("services", "web", "extends")


def test_extends_of_the_wrong_form_is_an_error(transformed: Any) -> None:
    assert set(codes(transformed("services: {web: {image: 'a:1', extends: [a]}}"))) == {"KZ203"}


def test_extends_of_nothing_or_of_what_is_no_service(transformed: Any) -> None:
    assert codes(transformed("services: {web: {image: 'a:1', extends: }}")) == []
    assert codes(transformed("services: {web: {image: 'a:1', extends: base}, base: text}")) == ["KZ202"]


def test_a_circle_of_extends_is_an_error(transformed: Any) -> None:
    deployment = transformed("services: {a: {extends: b, image: 'x:1'}, b: {extends: a}}")
    assert codes(deployment) == ["KZ204", "KZ204"]
    assert "in a circle" in deployment.findings[0].message


def test_a_chain_of_hundreds_is_an_error_and_never_a_crash(transformed: Any) -> None:
    services = ", ".join(f"s{n}: {{extends: s{n + 1}}}" for n in range(300))
    assert "KZ204" in codes(transformed(f"services: {{{services}, s300: {{image: 'a:1'}}}}"))


def test_included_files_bring_their_services_and_volumes_behind_ours(transformed: Any) -> None:
    deployment = transformed(
        """
        include:
          - database/compose.yml
          - path: [cache.yml]
        services:
          web: {image: "a:1", volumes: ["data:/d"]}
        volumes: {data: }
        """,
        included={
            "database/compose.yml": """
                include: ../deeper.yml
                services: {db: {image: "b:1", volumes: ["dbdata:/d", "./init:/init"]}}
                volumes: {dbdata: {labels: {a: b}}, data: }
                """,
            "cache.yml": "include: [{path: deeper.yml}]\nservices: {cache: {image: 'c:1'}}",
            "deeper.yml": "services: {deep: {image: 'd:1'}}",
        },
    )
    assert list(deployment.data["services"]) == ["web", "db", "cache", "deep"]
    assert deployment.data["volumes"] == {"data": None, "dbdata": {"labels": {"a": "b"}}, "db_init": None}
    assert "'./database/init'" in deployment.findings[0].message


def test_included_files_bring_their_secrets_from_where_they_lie(transformed: Any) -> None:
    text = "secrets: {%s: {file: ./token.txt}}\nservices: {%s: {image: 'a:1', secrets: [%s]}}"
    included = {"beside.yml": text % ("a", "a", "a"), "deep/d.yml": text % ("b", "b", "b")}
    deployment = transformed("include: [beside.yml, deep/d.yml]", included=included)
    assert codes(deployment) == ["KZ221", "KZ221"]
    assert [finding.message.split("'")[3] for finding in deployment.findings] == [
        "./token.txt",
        "deep/token.txt",
    ]


def test_included_files_bring_their_models(transformed: Any) -> None:
    models = "models: {llm: {model: ai/small}}"
    deployment = transformed(
        "include: [ai.yml]\nservices: {web: {image: 'a:1', models: [llm]}}", included={"ai.yml": models}
    )
    assert deployment.data["models"] == {"llm": {"model": "ai/small"}}


@pytest.mark.parametrize(
    ("include", "found"),
    [
        ("[absent.yml]", ["KZ204"]),
        ("absent.yml", ["KZ204"]),
        ("['oci://registry/x']", ["KZ204"]),
        ("[itself.yml]", ["KZ204"]),
        ("[docker-compose.yml]", ["KZ204"]),
        ("42", ["KZ203"]),
        ("[42]", ["KZ203"]),
        ("[{path: [42]}]", ["KZ203"]),
        ("[]", []),
        ("", []),
        ("[same.yml]", []),
        ("[other.yml]", ["KZ204"]),
        ("[broken.yml]", []),
        ("[{path: deep/empty.yml, project_directory: .}]", ["KZ204"]),
        ("[{path: deep/empty.yml, project_directory: [1]}]", ["KZ204"]),
        ("[{path: deep/empty.yml, project_directory: ./deep/}]", []),
        ("[{path: deep/empty.yml, project_directory: }]", []),
    ],
)
def test_what_cannot_be_included_is_an_error(transformed: Any, include: str, found: list[str]) -> None:
    deployment = transformed(
        f"include: {include}\nservices: {{web: {{image: 'a:1'}}}}",
        included={
            "itself.yml": "include: [itself.yml]",
            "same.yml": "services: {web: {image: 'a:1'}}",
            "other.yml": "services: {web: {image: 'b:1'}}",
            "broken.yml": "services: [a]",
            "deep/empty.yml": "services: {}",
        },
    )
    assert codes(deployment) == found


@pytest.mark.parametrize(
    ("base", "override", "result"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({"command": ["a"]}, {"command": ["b"]}, {"command": ["b"]}),
        (
            {"healthcheck": {"test": ["a"], "retries": 1}},
            {"healthcheck": {"test": ["b"]}},
            {"healthcheck": {"test": ["b"], "retries": 1}},
        ),
        ({"dns": ["a", "b"]}, {"dns": ["b", "c"]}, {"dns": ["a", "b", "c"]}),
        ({"environment": ["A=1", "B"]}, {"environment": ["A=2"]}, {"environment": ["A=2", "B"]}),
        ({"environment": ["A=1", "B"]}, {"environment": {"A": "2"}}, {"environment": {"A": "2", "B": None}}),
        ({"environment": [1]}, {"environment": {"A": "2"}}, {"environment": {"A": "2"}}),
        ({"environment": [{"A": 1}]}, {"environment": ["A=1"]}, {"environment": [{"A": 1}, "A=1"]}),
        (
            {"depends_on": ["a"]},
            {"depends_on": {"b": {}}},
            {"depends_on": {"a": {"condition": "service_started"}, "b": {}}},
        ),
        (
            {"extra_hosts": ["a:1.1.1.1", "b=::1"]},
            {"extra_hosts": {"c": "2"}},
            {"extra_hosts": {"a": "1.1.1.1", "b": "::1", "c": "2"}},
        ),
        ({"volumes": ["a:/a", 1]}, {"volumes": ["b:/a", "$X"]}, {"volumes": ["b:/a", 1, "$X"]}),
        ({"volumes": "text"}, {"volumes": ["b:/a"]}, {"volumes": ["b:/a"]}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1]}, {"a": "text"}, {"a": "text"}),
        (
            {"environment": {"A": "1"}, "ports": ["80"]},
            {"environment": None, "ports": None},
            {"environment": {"A": "1"}, "ports": ["80"]},
        ),
        ({"environment": {"A": "1"}}, {"environment": {"A": None}}, {"environment": {"A": None}}),
        ({"environment": {"build": "1"}}, {"environment": {"build": {}}}, {"environment": {"build": {}}}),
        ({"build": "./api"}, {"build": {"target": "x"}}, {"build": {"context": "./api", "target": "x"}}),
        ({"build": {"target": "x"}}, {"build": "./api"}, {"build": {"context": "./api", "target": "x"}}),
        ({"build": "./api"}, {"build": 3}, {"build": 3}),
        ({"env_file": "a.env"}, {"env_file": [{"path": "b"}]}, {"env_file": ["a.env", {"path": "b"}]}),
        ({"tmpfs": ["/a"]}, {"tmpfs": "/b"}, {"tmpfs": ["/a", "/b"]}),
        (
            {"logging": {"driver": "local", "options": {"max-size": "1m"}}},
            {"logging": {"driver": "syslog"}},
            {"logging": {"driver": "syslog"}},
        ),
        (
            {"logging": {"options": {"max-size": "1m"}}},
            {"logging": {"driver": "local"}},
            {"logging": {"driver": "local", "options": {"max-size": "1m"}}},
        ),
    ],
)
def test_services_are_merged_as_compose_does(base: Any, override: Any, result: Any) -> None:
    before = repr((base, override))
    assert merged(base, override) == result
    assert repr((base, override)) == before
