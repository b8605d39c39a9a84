"""Runs the tests of one service in a throwaway layer on its image, and brings the reports home."""

from __future__ import annotations

import re
import shutil
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from pydantic import Field

from catalog.engine.building import BuildRecipe, Listener
from catalog.engine.containers import ContainerLimits, ContainerRun
from catalog.errors import CatalogError, FindingsError, MissingError
from catalog.operations.image_recipe import recipe, stages
from catalog.operations.result import Result
from catalog.operations.suite_command import RESULTS, command, environment, layer, stage_for
from catalog.operations.suite_place import temporary_folder
from catalog.workspace.test_suites import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.engine.containers import Ended
    from catalog.engine.engine import Engine
    from catalog.operations.image_recipe import PlannedImage
    from catalog.operations.suite_place import Project
    from catalog.workspace.test_suites import Suite

_NOTHING_COLLECTED = 5  # pytest's exit code
_COUNT = re.compile(rb'\b(tests|failures|errors|skipped)="(\d{1,9})"')
_SUITE_TAG = re.compile(rb"<testsuite\b[^>]*>")
_LARGEST_HEAD = 64 * 1024
_LARGEST_LOG = 16 << 20
JUNIT = "junit.xml"


class SuiteVerdict(StrEnum):
    """What came of tests."""

    PASSED = "passed"
    FAILED = "failed"
    NO_TESTS = "no tests"
    ERROR = "error"


class SuiteReport(Result):
    """The tests of one service (or the health of an app), and where their reports are."""

    extension: str
    service: str
    runner: str
    outcome: SuiteVerdict
    seconds: float = 0.0
    counts: dict[str, int] = Field(default_factory=dict)
    message: str = ""
    hint: str = ""
    code: int = 0
    reports: str = ""

    def without(self, left_out: str) -> SuiteReport:
        """The report, which also says what the services started without, if that is anything."""
        if not left_out:
            return self
        note = f"cut off from this machine, services ran without {left_out}"
        return self.model_copy(update={"message": f"{self.message}; {note}" if self.message else note})


class SuiteLimits(Struct, frozen=True):
    """What tests may take, and which network their installation may use."""

    seconds: float
    memory: int
    processes: int
    network: str


class SuiteRun(Struct, frozen=True):
    """The tests of one service: what runs them, in which image, at which place, with which environment."""

    suite: Suite
    image: PlannedImage
    project: Project
    limits: SuiteLimits
    declared: Mapping[str, str]
    reports: Path

    def run(self, engine: Engine) -> SuiteReport:
        """Run them; a failure of any kind is in the result.

        Raises:
            StoppedError: the listener asked to stop.
        """
        begun = time.monotonic()
        image = self._layer(engine)
        container = ContainerRun(
            name=f"{self.project.name}-{self.suite.runner.value}",
            image=image,
            arguments=command(self.suite),
            limits=ContainerLimits(self.limits.memory, self.limits.processes, self.limits.seconds),
            environment={**self.declared, **environment(self.suite)},
            labels=self.project.labels,
            network=self.project.network,
        )
        shutil.rmtree(self.reports, ignore_errors=True)
        self.reports.mkdir(parents=True)
        with _Log(self.reports / "output.log", self.project.listener) as log:
            ended = engine.run(container, log.listener)
        engine.copy_out(container.name, RESULTS, self.reports)
        return self._verdict(ended, time.monotonic() - begun)

    def _layer(self, engine: Engine) -> str:
        """The throwaway layer's name."""
        base = self._base(engine)
        found = engine.inspect([base]).get(base)
        if found is None:
            raise MissingError(
                f"The engine has no image {base}",
                f"Build it: catalog images build {self.image.extension.name}",
            )
        name = f"{self.project.name}:{self.suite.runner.value}"
        text = layer(self.suite, base, self.project.labels, user=found.user, workdir=found.workdir)
        with temporary_folder() as folder:
            context = folder / "context"
            self._copy_files(context)
            dockerfile = folder / "Dockerfile"
            dockerfile.write_text(text, encoding="utf-8")
            made = BuildRecipe(context, dockerfile, (name,), network=self.limits.network)
            try:
                engine.build(made, self.project.listener)
            except FindingsError as error:
                raise FindingsError(
                    f"What the tests need cannot be installed into a layer on {base}: {error.message}",
                    "Without a network, put it into the image, or into a stage called test; with one, see "
                    "--network",
                ) from error
        return name

    def _base(self, engine: Engine) -> str:
        """The image that was built, or the stage of its Dockerfile that is meant for tests."""
        stage = stage_for(self.suite, stages(self.image.dockerfile))
        if not stage or stage == self.image.build.target:
            return self.image.ref
        made = recipe(self.image, self.limits.network)
        name = f"{self.project.name}:stage"
        engine.build(
            BuildRecipe(
                made.context,
                made.dockerfile,
                (name,),
                args=made.args,
                labels=self.project.labels,
                target=stage,
                network=made.network,
                contexts=made.contexts,
                secrets=made.secrets,
                hosts=made.hosts,
            ),
            self.project.listener,
        )
        return name

    def _copy_files(self, context: Path) -> None:
        """Copy what the tests need, readable for every user that the image may run as."""
        context.mkdir()
        source = self.image.folder / self.image.build.context
        for file in self.suite.files:
            target = context / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file, target)
            target.chmod(0o755 if (source / file).stat().st_mode & 0o100 else 0o644)
        for folder in (context, *(path for path in context.rglob("*") if path.is_dir())):
            folder.chmod(0o755)

    def _verdict(self, ended: Ended, seconds: float) -> SuiteReport:
        limits = self.limits
        counts = junit_counts(self.reports / JUNIT)
        tested = SuiteReport(
            extension=self.image.extension.name,
            service=self.image.build.service,
            runner=self.suite.runner.value,
            outcome=SuiteVerdict.PASSED,
            seconds=round(seconds, 3),
            counts=counts,
            reports=str(self.reports),
        )
        if ended.exit_code == 0 and not ended.timed_out:
            return tested
        if self.suite.runner is Runner.PYTEST and ended.exit_code == _NOTHING_COLLECTED:
            return tested.model_copy(
                update={"outcome": SuiteVerdict.NO_TESTS, "message": "pytest found no test to run"}
            )
        if ended.timed_out:
            message = f"they did not end within {limits.seconds:.0f} seconds and were stopped"
            hint = "Find the test that hangs in the output, or allow more: --timeout"
        elif ended.out_of_memory:
            message = f"they took more than {limits.memory >> 20} MiB of memory and were stopped"
            hint = "Allow more: --memory"
        else:
            message, hint = f"they ended with exit code {ended.exit_code}", f"See {self.reports}/output.log"
        return tested.model_copy(
            update={"outcome": SuiteVerdict.FAILED, "message": message, "hint": hint, "code": 1}
        )


def failed(image: PlannedImage, runner: str, error: CatalogError, begun: float) -> SuiteReport:
    """The result of tests that could not be run."""
    return SuiteReport(
        extension=image.extension.name,
        service=image.build.service,
        runner=runner,
        outcome=SuiteVerdict.ERROR,
        seconds=round(time.monotonic() - begun, 3),
        message=error.message,
        hint=error.hint,
        code=error.exit_code,
    )


def junit_counts(path: Path) -> dict[str, int]:
    """How many tests a JUnit file reports, by what became of them; empty without a readable one.

    Only the head of each suite is looked at, and no link is followed: a container wrote the file.
    """
    if path.is_symlink() or not path.is_file():
        return {}
    with path.open("rb") as file:
        head = file.read(_LARGEST_HEAD)
    counts: dict[str, int] = {}
    for tag in _SUITE_TAG.findall(head):
        for name, number in _COUNT.findall(tag):
            counts[name.decode()] = counts.get(name.decode(), 0) + int(number)
    return counts


class _Log:
    """Writes what tests say into a file, up to a limit, and hands it on."""

    def __init__(self, path: Path, inner: Listener) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._left = _LARGEST_LOG
        self._inner = inner
        self.listener = Listener(self._line, inner.is_stopped)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _line(self, text: str) -> None:
        self._inner.line(text)
        if self._left > 0:
            self._file.write(f"{text}\n")
            self._left -= len(text) + 1
