"""Runs the tests of extensions in their images, cut off from the host; apps are brought up and asked too."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct, field
from pydantic import Field

from catalog.engine.building import Listener
from catalog.engine.compose import find_compose
from catalog.engine.find import find_engine
from catalog.errors import CatalogError, StoppedError
from catalog.model import codes
from catalog.model.compose import services as compose_services
from catalog.model.finding import has_errors
from catalog.model.locate import located
from catalog.model.names import Kind
from catalog.operations.images_build import plan
from catalog.operations.parallel import in_parallel
from catalog.operations.progress import Silence
from catalog.operations.result import FindingField, Result
from catalog.operations.selection import Selection
from catalog.operations.suite_isolation import environment_of
from catalog.operations.suite_place import Project, sweep
from catalog.operations.suite_run import SuiteLimits, SuiteReport, SuiteRun, SuiteVerdict, failed
from catalog.operations.suite_services import SERVICE_LABEL, front_port, isolated_file, left_out, needs
from catalog.remote.health import HEALTH_PATH, illness
from catalog.rules.check import check
from catalog.workspace.run_lock import run_mark
from catalog.workspace.test_suites import find_suites
from catalog.workspace.writing import disk_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath
    from typing import Any

    from catalog.engine.compose import Compose
    from catalog.engine.containers import ContainerState
    from catalog.engine.engine import Engine
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding
    from catalog.operations.image_recipe import PlannedImage
    from catalog.operations.parallel import IsStopped
    from catalog.operations.progress import Audience
    from catalog.workspace.test_suites import Suite
    from catalog.workspace.workspace import Workspace

REPORTS = ".catalog/test-results"
_HEALTH = "health"
_OF_NO_MATTER = (codes.APPGARDEN_MISSING, codes.APPGARDEN_STALE)  # the file as it would be written is tested
_MEBIBYTE = 1 << 20


class ImagesTestRequest(Selection):
    """Whose tests, and what they may take.

    `timeout` is in seconds for the tests of one service, `up_timeout` for its services to be ready, `memory`
    in MiB, `network` is what the installation of test requirements may use. With `require_tests`, an
    extension without tests is a failure.
    """

    require_tests: bool = False
    timeout: float = Field(600.0, gt=0)
    up_timeout: float = Field(120.0, gt=0)
    memory: int = Field(2048, ge=16)
    processes: int = Field(512, ge=8)
    jobs: int = Field(1, ge=1, le=64)
    network: str = ""
    health: bool = True
    engine: str | None = None


class ImagesTestResult(Result):
    """The tests of every service, in the order of extensions, and what is wrong with the recipes."""

    tests: tuple[SuiteReport, ...]
    findings: tuple[FindingField, ...] = ()
    left_over: int = 0

    @property
    def exit_code(self) -> int:
        """That of the worst: 1 for tests that fail, 3 for what is missing."""
        found = self.FOUND if has_errors(self.findings) else self.DONE
        return max([found, *(test.code for test in self.tests)])


def images_test(
    workspace: Workspace,
    request: ImagesTestRequest,
    audience: Audience | None = None,
    engine: Engine | None = None,
    compose: Callable[[], Compose] = find_compose,
) -> ImagesTestResult:
    """Run the tests that the request asks for; `engine` and `compose` are found unless given.

    An extension with errors is not started; they are among the findings of the result.

    Raises:
        UsageError: a name is unknown.
        MissingError: there is no engine.
    """
    images, findings = plan(workspace, request, None)
    engine = engine or find_engine(request.engine)
    left_over = sweep(engine)
    with run_mark() as mark:
        crew = _Crew(engine, workspace, request, audience or Silence(), mark, compose)
        jobs, errors = _jobs(workspace, images)
        tests = in_parallel(request.jobs, jobs, crew.work)
    found = [test for several in tests for test in several]
    known = tuple(dict.fromkeys((*findings, *errors)))
    return ImagesTestResult(tests=tuple(found), findings=known, left_over=left_over)


class _Job(Struct, frozen=True):
    """One extension: its images with their tests, and what it deploys (None if that is not known)."""

    extension: Extension
    suites: Sequence[tuple[PlannedImage, tuple[Suite, ...]]]
    deployed: dict[str, Any] | None

    @property
    def values(self) -> Mapping[str, str]:
        """The variables that the manifest gives values."""
        source = self.extension.kamiwaza
        return (source.manifest.env_defaults or {}) if source else {}


def _jobs(workspace: Workspace, images: Sequence[PlannedImage]) -> tuple[list[_Job], list[Finding]]:
    """What there is to do, and the errors of those extensions for which nothing is done."""
    jobs: list[_Job] = []
    errors: list[Finding] = []
    for _, group in itertools.groupby(images, key=lambda image: image.extension.directory):
        own = list(group)
        extension = own[0].extension
        checked = check(extension, workspace.settings.organization)
        wrong = [one for one in checked.findings if one.is_error and one.code not in _OF_NO_MATTER]
        if wrong:
            errors += located(wrong, extension.texts())
            continue
        expected = checked.expected.data if checked.expected else checked.deployed
        jobs.append(_Job(extension, [(image, _suites(image)) for image in own], expected))
    return jobs, errors


def _suites(image: PlannedImage) -> tuple[Suite, ...]:
    """The tests in the image's context."""
    context = image.build.context
    inside: list[PurePosixPath] = [
        file.relative_to(context) for file in image.extension.files if file.is_relative_to(context)
    ]
    return find_suites(image.folder / context, inside)


class _Crew(Struct, frozen=True):
    """Who runs tests, for whom, under which mark."""

    engine: Engine
    workspace: Workspace
    request: ImagesTestRequest
    audience: Audience
    mark: str
    compose: Callable[[], Compose]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def work(self, job: _Job, is_stopped: IsStopped) -> list[SuiteReport]:
        """All tests of one extension."""
        found = [
            self._suite(job, image, suite, is_stopped) for image, suites in job.suites for suite in suites
        ]
        if not any(test.outcome is not SuiteVerdict.NO_TESTS for test in found):
            found.append(self._without_tests(job))
        if job.extension.kind is Kind.APP and self.request.health:
            found.append(self._health(job, is_stopped))
        return found

    def _suite(self, job: _Job, image: PlannedImage, suite: Suite, is_stopped: IsStopped) -> SuiteReport:
        begun = time.monotonic()
        service = image.build.service
        needed = needs(job.deployed or {}, service)
        without = left_out(job.deployed or {}, needed, job.values)
        try:
            with self._project(f"{job.extension.name}/{service}", is_stopped) as project:
                if needed:
                    self._up(project, job, needed)
                else:
                    project.connect()
                declared = (job.deployed or {}).get("services", {}).get(service, {})
                limits = SuiteLimits(
                    self.request.timeout,
                    self.request.memory * _MEBIBYTE,
                    self.request.processes,
                    self.request.network,
                )
                environment = environment_of(declared, job.values)
                reports = self._reports(job, service, suite)
                run = SuiteRun(suite, image, project, limits, environment, reports)
                return run.run(self.engine).without(without)
        except (StoppedError, BrokenPipeError):  # who reads our output may have gone
            raise
        except (CatalogError, OSError) as error:
            known = error if isinstance(error, CatalogError) else disk_refusal(error, self._results)
            return failed(image, suite.runner.value, known, begun).without(without)

    def _health(self, job: _Job, is_stopped: IsStopped) -> SuiteReport:
        begun = time.monotonic()
        image = job.suites[0][0]
        front = front_port(job.deployed or {})
        services = tuple(compose_services(job.deployed))
        without = left_out(job.deployed or {}, services, job.values)
        tested = SuiteReport(
            extension=job.extension.name,
            service=front[0] if front else "",
            runner=_HEALTH,
            outcome=SuiteVerdict.PASSED,
        )
        try:
            with self._project(f"{job.extension.name}/{_HEALTH}", is_stopped) as project:
                problem = self._illness(project, job, front)
        except StoppedError:
            raise
        except CatalogError as error:
            report = failed(image, _HEALTH, error, begun).model_copy(update={"service": tested.service})
            return report.without(without)
        update: dict[str, object] = {"seconds": round(time.monotonic() - begun, 3)}
        if problem:
            update |= {"outcome": SuiteVerdict.FAILED, "message": problem, "code": 1}
            update["hint"] = f"An app answers GET {HEALTH_PATH} with 200 and JSON within a second"
        return tested.model_copy(update=update).without(without)

    def _illness(self, project: Project, job: _Job, front: tuple[str, int] | None) -> str:
        if job.deployed is None:
            return "the app cannot be brought up: see catalog validate"
        if front is None:
            return "no service of the app has a port"
        self._up(project, job, tuple(compose_services(job.deployed)), front)
        problem = "it did not come up"
        for _ in project.poll(self.request.up_timeout):
            state = _state(project, front[0])
            if state and state.has_ended:
                problem = f"it ended with {state.exit_code}"
                break
            address = state.ports.get(f"{front[1]}/tcp", "") if state else ""
            problem = illness(address) if address else "its port is not published"
            if not problem:
                break
        return f"{front[0]}: {problem}" if problem else ""

    def _up(
        self, project: Project, job: _Job, services: Sequence[str], front: tuple[str, int] | None = None
    ) -> None:
        text = isolated_file(job.deployed or {}, services, project.labels, job.values, front)
        project.up(self.compose(), text, services, self.request.up_timeout)

    @contextmanager
    def _project(self, source: str, is_stopped: IsStopped) -> Iterator[Project]:
        """A place of its own, which is gone after the block however that ends."""
        listener = Listener(lambda text: self.audience.line(source, text), is_stopped)
        project = Project(self.engine, f"{self.mark}.{next(self._numbers)}", listener)
        try:
            yield project
        finally:
            stuck = project.tear_down()
            if stuck:
                listener.line(f"Left behind: {', '.join(f'{thing.thing} {thing.id}' for thing in stuck)}")

    @property
    def _results(self) -> Path:
        return self.workspace.root / REPORTS

    def _reports(self, job: _Job, service: str, suite: Suite) -> Path:
        return self._results / job.extension.name / service / suite.runner.value

    def _without_tests(self, job: _Job) -> SuiteReport:
        is_failure = self.request.require_tests
        return SuiteReport(
            extension=job.extension.name,
            service="",
            runner="",
            outcome=SuiteVerdict.NO_TESTS,
            message="no tests were found where its images are built",
            hint="Put them into tests/ beside the Dockerfile, with requirements-dev.txt",
            code=ImagesTestResult.FOUND if is_failure else ImagesTestResult.DONE,
        )


def _state(project: Project, service: str) -> ContainerState | None:
    labelled = (state for state in project.states() if state.labels.get(SERVICE_LABEL) == service)
    return next(labelled, None)
