"""Decides how the tests of a service run: what the throwaway layer has, and which program is called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.workspace.test_suites import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.workspace.test_suites import Suite

RESULTS = "/tmp/catalog-results"  # noqa: S108  in a container of its own, where every user may write
"""Where tests leave JUnit and coverage in their container."""
DEFAULT_FOLDER = "/app"
_GO_STAGES = ("test", "build", "builder")
_TEST_STAGES = ("test",)


def stage_for(suite: Suite, stages: tuple[str, ...]) -> str:
    """The stage of the Dockerfile that the tests run in; empty for the image itself.

    A stage called `test` is meant for it. The image of a Go program has no compiler, so the stage that builds
    it takes its place.
    """
    wanted = _GO_STAGES if suite.runner is Runner.GO else _TEST_STAGES
    return next((name for word in wanted for name in stages if name.lower() == word), "")


def layer(suite: Suite, image: str, labels: Mapping[str, str], *, user: str, workdir: str) -> str:
    """The Dockerfile of the throwaway layer: the image, the tests, and what they need.

    Args:
        suite: the tests.
        image: what they run in.
        labels: what marks everything that comes of it.
        user: who the image runs as; it stays so for the tests.
        workdir: the image's own folder, empty when it has none.
    """
    lines = [f"FROM {image}"]
    # First, so that also what a failed build leaves behind carries them.
    lines += [f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in sorted(labels.items())]
    lines += ["USER root", f"WORKDIR {workdir if workdir.strip('/') else DEFAULT_FOLDER}", "COPY . ./"]
    lines += [f"RUN {json.dumps(list(words))}" for words in _installs(suite)]
    return "\n".join([*lines, f"USER {user or 'root'}", ""])


def _installs(suite: Suite) -> Iterator[tuple[str, ...]]:
    if suite.runner is Runner.PYTEST and suite.requirements:
        quiet = ("--disable-pip-version-check", "--no-input", "--root-user-action=ignore")
        yield ("python", "-m", "pip", "install", *quiet, "--requirement", suite.requirements)
    if suite.runner is Runner.NPM and suite.requirements:
        has_lock = any(str(file) == "package-lock.json" for file in suite.files)
        yield ("npm", "ci" if has_lock else "install", "--include=dev", "--no-audit", "--no-fund")
    if suite.runner is not Runner.PYTEST:  # pytest makes the folder by itself, and an image may have no mkdir
        yield ("mkdir", "-p", "-m", "1777", RESULTS)


def command(suite: Suite) -> tuple[str, ...]:
    """The program with its arguments: the suite's own runner, with those reports that it can write."""
    if suite.runner is Runner.PYTEST:
        return tuple(_pytest(suite))
    if suite.runner is Runner.NPM:
        return tuple(_npm(suite))
    return ("go", "test", "-v", f"-coverprofile={RESULTS}/coverage.out", "./...")


def environment(suite: Suite) -> dict[str, str]:
    """What the runner finds in its environment beside what the service declares."""
    common = {"CI": "true"}
    if suite.runner is Runner.PYTEST:
        # The image's user need not be allowed to write beside the code.
        return {**common, "PYTHONDONTWRITEBYTECODE": "1", "COVERAGE_FILE": f"{RESULTS}/.coverage"}
    if suite.runner is Runner.NPM:
        return {**common, "JEST_JUNIT_OUTPUT_FILE": f"{RESULTS}/junit.xml"}
    return common


def _pytest(suite: Suite) -> Iterator[str]:
    yield from ("python", "-m", "pytest", "-v", "-p", "no:cacheprovider", f"--junitxml={RESULTS}/junit.xml")
    if "pytest-cov" in suite.packages:
        yield from (f"--cov={suite.code}", "--cov-report=term", f"--cov-report=xml:{RESULTS}/coverage.xml")
    if suite.folder:
        yield f"{suite.folder}/"


def _npm(suite: Suite) -> Iterator[str]:
    yield from ("npm", "test")
    if "vitest" in suite.script:
        yield from ("--", "--reporter=default", "--reporter=junit")
        yield f"--outputFile.junit={RESULTS}/junit.xml"
        if any(package.startswith("@vitest/coverage-") for package in suite.packages):
            yield from ("--coverage.enabled=true", f"--coverage.reportsDirectory={RESULTS}/coverage")
    elif "jest" in suite.script:
        yield "--"
        yield from _jest(suite)


def _jest(suite: Suite) -> Iterator[str]:
    yield from ("--coverage", f"--coverageDirectory={RESULTS}/coverage")
    if "jest-junit" in suite.packages:
        yield from ("--reporters=default", "--reporters=jest-junit")
