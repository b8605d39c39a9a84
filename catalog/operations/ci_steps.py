"""The steps of the pipeline: each runs an operation and turns its result into a report of one form."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.build import BuildRequest, build
from catalog.operations.ci_report import Item, Step, StepReport, Verdict
from catalog.operations.images_build import BuildOutcome, ImagesBuildRequest, images_build
from catalog.operations.images_test import ImagesTestRequest, images_test
from catalog.operations.libs_build import LibsBuildRequest, libs_build
from catalog.operations.libs_install import LibsInstallRequest, libs_install
from catalog.operations.package import package
from catalog.operations.package_request import PackageRequest
from catalog.operations.result import Request
from catalog.operations.sync_compose import Outcome, SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from catalog.engine.engine import Engine
    from catalog.model.finding import Finding
    from catalog.operations.images_build import BuiltImage
    from catalog.operations.libs_install import InstalledLibrary
    from catalog.operations.progress import Audience
    from catalog.operations.suite_run import SuiteReport
    from catalog.operations.sync_compose import Synced
    from catalog.workspace.workspace import Workspace

_STALE = "it was stale and has been written anew"
_COMMIT = "Commit it, or let CI refuse stale files: catalog ci --check-compose"


class StepOptions(Request):
    """What the steps do otherwise than by default.

    `stage` and `versions` are those of registry and bundle; with `check_compose`, stale App Garden files are
    refused instead of written; with `strict`, warnings fail; with `require_tests`, an extension without tests
    does; `network` is what builds and the installation of test requirements may use.
    """

    stage: Stage | None = None
    versions: tuple[RepositoryVersion, ...] = (RepositoryVersion.V1,)
    check_compose: bool = False
    strict: bool = False
    require_tests: bool = False
    network: str = ""
    engine: str | None = None


class Job(Struct, frozen=True):
    """What a step works on, how, who hears of it, and with which engine (None: the one that is found)."""

    workspace: Workspace
    options: StepOptions
    audience: Audience
    engine: Engine | None


def _libs(job: Job) -> StepReport:
    """Build the libraries, and copy them into the extensions that name them, since nobody commits them."""
    built = libs_build(job.workspace, LibsBuildRequest(), job.audience).libraries
    if not built:
        return StepReport(step=Step.LIBS, verdict=Verdict.SKIPPED, summary="there are no shared libraries")
    copies = libs_install(job.workspace, LibsInstallRequest()).installed
    items = (
        *(Item(name=one.name, verdict=Verdict.PASSED, seconds=one.seconds) for one in built),
        *(_copy(one, job.workspace.root) for one in copies),
    )
    return StepReport(
        step=Step.LIBS,
        verdict=_verdict(0, items),
        summary=f"{quantity(len(built), 'library', 'libraries')}, {quantity(len(copies), 'copy', 'copies')}",
        items=items,
        produced=tuple(one.package for one in built),
    )


def _copy(copy: InstalledLibrary, root: Path) -> Item:
    name = str(copy.package.relative_to(root))
    if not copy.is_renamed:
        return Item(name=name, verdict=Verdict.PASSED)
    message = f"{copy.named_in.relative_to(root)} named another version and has been changed"
    return Item(name=name, verdict=Verdict.WARNING, message=message, hint="Commit it.")


def _build(job: Job) -> StepReport:
    """Build as tests need the images and, for a stage, again with its tags, which costs an engine nothing."""
    options = job.options
    stages = dict.fromkeys((None, options.stage))
    requests = [
        ImagesBuildRequest(stage=stage, network=options.network, engine=options.engine) for stage in stages
    ]
    results = [images_build(job.workspace, request, job.audience, job.engine) for request in requests]
    code = max(result.exit_code for result in results)
    items = tuple(_image(image) for result in results for image in result.images)
    return StepReport(
        step=Step.BUILD,
        verdict=_verdict(code),
        code=code,
        summary=_counted("image", "images", items),
        items=items,
        findings=_shown(job, results[0].findings),
    )


def _image(image: BuiltImage) -> Item:
    has_failed = image.outcome is BuildOutcome.FAILED
    return Item(
        name=image.ref,
        verdict=Verdict.FAILED if has_failed else Verdict.PASSED,
        seconds=image.seconds,
        message=image.message,
        hint=image.hint,
    )


def _test(job: Job) -> StepReport:
    options = job.options
    request = ImagesTestRequest(
        require_tests=options.require_tests, network=options.network, engine=options.engine
    )
    result = images_test(job.workspace, request, job.audience, job.engine)
    items = tuple(_suite(test) for test in result.tests)
    return StepReport(
        step=Step.TEST,
        verdict=_verdict(result.exit_code, items),
        code=result.exit_code,
        summary=_counted("suite", "suites", items),
        items=items,
        findings=_shown(job, result.findings),
    )


def _suite(test: SuiteReport) -> Item:
    passed = Verdict.WARNING if test.message else Verdict.PASSED
    return Item(
        name=" ".join(filter(None, ("/".join(filter(None, (test.extension, test.service))), test.runner))),
        verdict=Verdict.FAILED if test.code else passed,
        seconds=test.seconds,
        message=test.message,
        hint=test.hint,
    )


def _sync(job: Job) -> StepReport:
    result = sync_compose(job.workspace, SyncRequest(check=job.options.check_compose), job.audience)
    items = tuple(_file(synced) for synced in result.extensions)
    outcomes = Counter(synced.outcome.value for synced in result.extensions)
    return StepReport(
        step=Step.SYNC,
        verdict=_verdict(result.exit_code, items),
        code=result.exit_code,
        summary=", ".join(f"{number} {word}" for word, number in outcomes.items()),
        items=items,
        findings=tuple(finding for synced in result.extensions for finding in synced.findings),
    )


def _file(synced: Synced) -> Item:
    name = str(synced.file)
    match synced.outcome:
        case Outcome.STALE:
            hint = f"Run catalog sync-compose {synced.name}, and commit the file."
            return Item(name=name, verdict=Verdict.FAILED, message="it is stale", hint=hint)
        case Outcome.REFUSED:
            message, hint = "it cannot be written before errors are corrected", "See: catalog validate"
            return Item(name=name, verdict=Verdict.FAILED, message=message, hint=hint)
        case Outcome.WRITTEN:
            return Item(name=name, verdict=Verdict.WARNING, message=_STALE, hint=_COMMIT)
        case _:
            return Item(name=name, verdict=Verdict.PASSED)


def _validate(job: Job) -> StepReport:
    result = validate(job.workspace, ValidateRequest(strict=job.options.strict), job.audience)
    return StepReport(
        step=Step.VALIDATE,
        verdict=_verdict(result.exit_code),
        code=result.exit_code,
        summary=f"{result.checked} checked: {quantity(result.errors, 'error', 'errors')}, "
        f"{quantity(result.warnings, 'warning', 'warnings')}",
        findings=result.findings,
    )


def _registry(job: Job) -> StepReport:
    request = BuildRequest(stage=job.options.stage, versions=job.options.versions)
    result = build(job.workspace, request, job.audience)
    counts = ((result.apps, "app"), (result.services, "service"), (result.tools, "tool"))
    made = ", ".join(quantity(number, word, f"{word}s") for number, word in counts)
    return StepReport(
        step=Step.REGISTRY,
        verdict=_verdict(result.exit_code),
        code=result.exit_code,
        summary=made if result.root else f"nothing was built: {', '.join(result.left_out)}",
        findings=result.findings,
        produced=(result.root,) if result.root else (),
    )


def _package(job: Job) -> StepReport:
    options = job.options
    request = PackageRequest(stage=options.stage, versions=options.versions, engine=options.engine)
    result = package(job.workspace, request, job.audience, job.engine)
    packed = result.path
    return StepReport(
        step=Step.PACKAGE,
        verdict=_verdict(result.exit_code),
        code=result.exit_code,
        summary=f"{packed.name}, {readable(packed.stat().st_size)}" if packed else "nothing was packed",
        findings=result.findings,
        produced=(packed,) if packed else (),
    )


STEPS: dict[Step, Callable[[Job], StepReport]] = {
    Step.LIBS: _libs,
    Step.BUILD: _build,
    Step.TEST: _test,
    Step.SYNC: _sync,
    Step.VALIDATE: _validate,
    Step.REGISTRY: _registry,
    Step.PACKAGE: _package,
}
"""What each step does.

Raises:
    CatalogError: the step cannot be done at all.
"""


def _shown(job: Job, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without those that the workspace suppresses."""
    return tuple(job.workspace.suppressions.divide(findings).shown)


def _verdict(code: int, items: tuple[Item, ...] = ()) -> Verdict:
    if code:
        return Verdict.FAILED
    return Verdict.WARNING if any(item.verdict is Verdict.WARNING for item in items) else Verdict.PASSED


def _counted(one: str, many: str, items: tuple[Item, ...]) -> str:
    failed = sum(item.verdict is Verdict.FAILED for item in items)
    return quantity(len(items), one, many) + (f", {failed} failed" if failed else "")
