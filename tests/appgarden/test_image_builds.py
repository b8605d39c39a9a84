"""What an extension builds is read from its compose file, and what cannot be built is a finding."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from catalog.appgarden.image_builds import BuildPlan, ImageBuild, image_builds
from catalog.workspace.extensions import read_extensions
from catalog.workspace.folders import extension_folders
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path


def planned(
    root: Path, compose: str, manifest: dict[str, Any] | None = None, files: dict[str, str] | None = None
) -> BuildPlan:
    tree(
        root, {**app("notes", compose=compose, manifest=manifest), "apps/notes/Dockerfile": "FROM scratch\n"}
    )
    tree(root, {f"apps/notes/{name}": content for name, content in (files or {}).items()})
    return only(root)


def only(root: Path) -> BuildPlan:
    (extension,) = read_extensions(root, extension_folders(root))
    return image_builds(extension, "acme")


def services(build: str) -> str:
    return f"services:\n  web:\n    build: {build}\n"


def test_an_image_without_a_name_gets_the_extensions_and_the_services(tmp_path: Path) -> None:
    plan = planned(tmp_path, services("."))
    assert plan.builds == (
        ImageBuild(("web",), "acme/notes-web:v1.0.0", PurePosixPath(), PurePosixPath("Dockerfile")),
    )
    assert plan.findings == ()
    assert plan.builds[0].service == "web"


def test_a_declared_image_keeps_its_name_and_gets_the_versions_tag(tmp_path: Path) -> None:
    plan = planned(tmp_path, "services:\n  web:\n    build: .\n    image: other.test/ns/x:latest\n")
    assert [build.ref for build in plan.builds] == ["other.test/ns/x:v1.0.0"]


def test_every_key_of_a_build_is_taken_over(tmp_path: Path) -> None:
    compose = """\
secrets:
  token: {file: ./secret.txt}
  other: {environment: OTHER}
services:
  web:
    build:
      context: ./web
      dockerfile: docker/File
      target: final
      network: host
      args: {A: "${X:-1}", B: 2, C: true, D: }
      labels: [one=1]
      additional_contexts: {lib: ./lib, base: "docker-image://x:1"}
      secrets: [token, {source: other}]
      extra_hosts: {a: 127.0.0.1}
      cache_from: [x:1]
      x-note: ours
"""
    files = {"web/docker/File": "FROM scratch", "lib/a": "", "secret.txt": "s"}
    plan = planned(tmp_path, compose, files=files)
    assert plan.findings == ()
    assert plan.builds == (
        ImageBuild(
            services=("web",),
            ref="acme/notes-web:v1.0.0",
            context=PurePosixPath("web"),
            dockerfile=PurePosixPath("web/docker/File"),
            args={"A": "1", "B": "2", "C": "true", "D": None},
            target="final",
            network="host",
            labels={"one": "1"},
            contexts={"lib": "lib", "base": "docker-image://x:1"},
            secrets=(("token", "src", "secret.txt"), ("other", "env", "OTHER")),
            hosts=("a:127.0.0.1",),
            cache_from=("x:1",),
        ),
    )


def test_hosts_may_be_a_list(tmp_path: Path) -> None:
    plan = planned(tmp_path, services("{context: ., extra_hosts: ['a:1.2.3.4']}"))
    assert plan.builds[0].hosts == ("a:1.2.3.4",)


def test_caches_are_images_and_no_folders_of_whoever_builds(tmp_path: Path) -> None:
    caches = "['acme/web:cache', 'type=registry,ref=acme/web:c', 'type=local,src=/etc', 'type=gha']"
    plan = planned(tmp_path, services(f"{{context: ., cache_from: {caches}}}"))
    assert plan.builds[0].cache_from == ("acme/web:cache", "type=registry,ref=acme/web:c")
    assert [finding.code.id for finding in plan.findings] == ["KZ223", "KZ223"]
    assert "type=local,src=/etc" in plan.findings[0].message


def test_services_that_are_not_built_or_only_help_development_are_left_out(tmp_path: Path) -> None:
    compose = services(".") + "  db: {image: x:1}\n  debug: {build: ., profiles: [debug]}\n"
    assert [build.services for build in planned(tmp_path, compose).builds] == [("web",)]


def test_two_services_share_an_image_that_they_build_alike(tmp_path: Path) -> None:
    compose = "services:\n  a: {build: ., image: acme/x}\n  b: {build: ., image: acme/x}\n"
    assert [build.services for build in planned(tmp_path, compose).builds] == [("a", "b")]


@pytest.mark.parametrize("key", ["image: acme/x", "container_name: x"])
def test_two_different_images_of_one_name_are_an_error(tmp_path: Path, key: str) -> None:
    first = "a: {build: ., image: acme/x}"
    if "image" not in key:
        first = "a: {build: ., image: acme/notes-b}"
    compose = f"services:\n  {first}\n  b: {{build: {{context: ., target: t}}, {key}}}\n"
    plan = planned(tmp_path, compose)
    assert [finding.code.id for finding in plan.findings] == ["KZ231"]
    assert [build.services for build in plan.builds] == [("a",)]


@pytest.mark.parametrize(
    ("build", "code"),
    [
        ("..", "KZ010"),
        ("/etc", "KZ010"),
        ("a/../../b", "KZ010"),
        ("https://git.test/x.git", "KZ010"),
        ("{context: ., dockerfile: ../Dockerfile}", "KZ010"),
        ("{context: ., additional_contexts: {a: ../b}}", "KZ010"),
        ("{context: ., additional_contexts: {a: 'oci-layout:///etc'}}", "KZ010"),
        ("{context: ., additional_contexts: {a: 'x://../../../etc'}}", "KZ010"),
        ("./absent", "KZ001"),
        ("{context: ., dockerfile: Absent}", "KZ001"),
        ("{context: $NOWHERE}", "KZ205"),
        ("{context: 1}", "KZ203"),
        ("{context: ., args: 1}", "KZ203"),
        ("{context: ., secrets: [unknown]}", "KZ203"),
        ("7", "KZ203"),
    ],
)
def test_what_cannot_be_built_is_an_error_with_a_way_on(tmp_path: Path, build: str, code: str) -> None:
    plan = planned(tmp_path, services(build))
    assert code in [finding.code.id for finding in plan.findings]
    assert all(finding.hint for finding in plan.findings)


def test_a_secret_outside_of_the_extension_is_refused(tmp_path: Path) -> None:
    compose = "secrets: {k: {file: ../k}}\n" + services("{context: ., secrets: [k]}")
    plan = planned(tmp_path, compose)
    assert [finding.code.id for finding in plan.findings] == ["KZ010"]


@pytest.mark.parametrize(
    "secret",
    [
        "k: {environment: 'K,src=/etc/shadow,env='}",
        "k: {file: 'k,src=/etc/shadow'}",
        "k: {file: 'a\"b'}",
        "'k,src=/etc/shadow': {environment: K}",
    ],
)
def test_a_secret_cannot_give_the_engine_options_of_its_own(tmp_path: Path, secret: str) -> None:
    name = "'k,src=/etc/shadow'" if secret.startswith("'") else "k"
    compose = f"secrets: {{{secret}}}\n" + services(f"{{context: ., secrets: [{name}]}}")
    plan = planned(tmp_path, compose)
    assert [finding.code.id for finding in plan.findings] == ["KZ203"]
    assert all(build.secrets == () for build in plan.builds)


def test_an_extension_that_a_link_leads_out_of_builds_nothing(tmp_path: Path) -> None:
    tree(tmp_path, app("notes", compose=services(".")) | {"apps/notes/Dockerfile": "FROM scratch\n"})
    (tmp_path / "apps/notes/passwd").symlink_to("/etc/passwd")
    plan = only(tmp_path)
    assert plan.builds == ()
    assert [finding.code.id for finding in plan.findings] == ["KZ010"]


def test_a_version_that_is_no_tag_is_an_error(tmp_path: Path) -> None:
    plan = planned(tmp_path, services("."), {"version": "1.0.0+b"})
    assert [finding.code.id for finding in plan.findings] == ["KZ229"]
    assert plan.builds == ()


def test_a_compose_file_that_does_not_parse_builds_nothing(tmp_path: Path) -> None:
    plan = planned(tmp_path, "services: {")
    assert plan.builds == ()
    assert [finding.code.id for finding in plan.findings] == ["KZ006"]


def test_an_extension_without_a_manifest_has_only_its_findings(tmp_path: Path) -> None:
    tree(tmp_path, {"apps/notes/README.md": ""})
    plan = only(tmp_path)
    assert plan.builds == ()
    assert plan.findings


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("acme/notes", ["acme/notes:v1.0.0"]),
        ("acme/notes:latest", ["acme/notes:v1.0.0"]),
        ("acme/notes:v1.0.0", ["acme/notes:v1.0.0"]),
        ("other/thing:1", []),
        (None, ["acme/notes:v1.0.0"]),
    ],
)
def test_without_a_compose_file_the_manifests_image_is_built(
    tmp_path: Path, image: str | None, expected: list[str]
) -> None:
    files = app("notes", manifest={"image": image} if image else {})
    del files["apps/notes/docker-compose.yml"]
    tree(tmp_path, {**files, "apps/notes/Dockerfile": "FROM scratch\n"})
    assert [build.ref for build in only(tmp_path).builds] == expected


def test_without_compose_file_and_dockerfile_there_is_nothing_to_build(tmp_path: Path) -> None:
    files = app("notes", manifest={"image": "acme/notes:v1.0.0"})
    del files["apps/notes/docker-compose.yml"]
    files.pop("apps/notes/Dockerfile", None)
    tree(tmp_path, files)
    assert only(tmp_path) == BuildPlan((), ())


def test_a_key_that_is_not_known_keeps_nothing_from_being_built(tmp_path: Path) -> None:
    plan = planned(tmp_path, services("{context: ., shm_size: 1g, x-note: a}"))
    assert len(plan.builds) == 1
    (finding,) = plan.findings
    assert (finding.is_error, finding.pointer[-1]) == (False, "shm_size")


def test_warnings_about_what_runs_are_left_to_validate(tmp_path: Path) -> None:
    compose = services(".") + "    networks: [inner]\nnetworks: {inner: {}}\n"
    assert planned(tmp_path, compose).findings == ()


def test_a_dockerfile_in_the_compose_file_is_refused(tmp_path: Path) -> None:
    plan = planned(tmp_path, services('{context: ., dockerfile_inline: "FROM scratch"}'))
    assert plan.builds == ()
    (finding,) = plan.findings
    assert finding.is_error
    assert "file of its own" in finding.hint


def test_a_service_that_extends_another_is_built_from_its_folder(tmp_path: Path) -> None:
    compose = """\
services:
  base:
    build: ./api
  web:
    extends: base
    build: {target: prod}
"""
    plan = planned(tmp_path, compose, files={"api/Dockerfile": "FROM scratch AS prod\n"})
    assert [(build.service, str(build.context), build.target) for build in plan.builds] == [
        ("base", "api", ""),
        ("web", "api", "prod"),
    ]


def test_a_build_takes_what_it_needs_from_the_folder_of_its_own_compose_file(tmp_path: Path) -> None:
    deep = """\
secrets:
  token: {file: ./token.txt}
  other: {environment: OTHER}
  empty:
services:
  mapped:
    build:
      additional_contexts: {code: ../code, base: "docker-image://base:1", named: "service:x", none: }
      secrets: [token, other]
  listed:
    build:
      additional_contexts: [code=code]
  odd:
    build: {context: "https://git.test/x.git", additional_contexts: [1]}
  text:
    build: {additional_contexts: text}
"""
    files = {"deep/compose.yml": deep, "deep/Dockerfile": "FROM scratch\n"}
    plan = planned(tmp_path, "include: [deep/compose.yml]\n", files=files)
    assert [(build.service, dict(build.contexts)) for build in plan.builds][:2] == [
        ("mapped", {"code": "code", "base": "docker-image://base:1", "named": "service:x", "none": ""}),
        ("listed", {"code": "deep/code"}),
    ]
    assert plan.builds[0].secrets == (("token", "src", "deep/token.txt"), ("other", "env", "OTHER"))
    assert "'https://git.test/x.git'" in next(
        found.message for found in plan.findings if "git" in found.message
    )
