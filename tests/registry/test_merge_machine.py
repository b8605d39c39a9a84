"""Any sequence of releases: the merge agrees with a model that knows which version each platform gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from semver import Version

from catalog.model.constraint import VersionRange
from catalog.registry.merge import merge, without
from catalog.registry.merge_rules import Deed
from catalog.registry.published import Published
from tests.support.published import entry, tool

if TYPE_CHECKING:
    from catalog.registry.registry import Entry

NAMES = ("a", "b", "c")
PLATFORMS = [Version(0, minor, patch) for minor in range(6) for patch in range(2)]
BOUNDS = [f"0.{minor}.{patch}" for minor in range(6) for patch in range(2)]
VERSIONS = ["1.0.0-1", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.1", "1.10.0", "2.0.0"]
RANGES = st.one_of(
    st.just("*"),
    st.builds(">={}".format, st.sampled_from(BOUNDS)),
    st.builds("<{}".format, st.sampled_from(BOUNDS[1:])),
    st.builds(
        lambda low, high: f">={BOUNDS[min(low, high)]},<{BOUNDS[max(low, high)]}",
        st.integers(0, 5),
        st.integers(6, 11),
    ),
)
Gets = dict[tuple[str, Version], tuple[Version, str]]
"""Which version and content each platform gets of each name."""


class Releases(RuleBasedStateMachine):
    """Publishes, forces and removes; the model is what every platform gets."""

    def __init__(self) -> None:
        super().__init__()
        self.there = Published()
        self.gets: Gets = {}

    @rule(
        releases=st.dictionaries(
            st.sampled_from(NAMES),
            st.tuples(st.sampled_from(VERSIONS), RANGES, st.sampled_from("xyz"), st.booleans()),
            min_size=1,
        )
    )
    def publish(self, releases: dict[str, tuple[str, str, str, bool]]) -> None:
        mine = [_entry(name, *release) for name, release in releases.items()]
        plan = merge(self.there, mine, by_range=True)
        now = _gets(plan.result)
        if plan.conflicts:
            assert plan.result == self.there
            assert not plan.written
            return
        for (name, platform), (version, content) in self.gets.items():
            after = now[name, platform]  # no platform loses what it had
            assert after[0] >= version
            assert after[0] > version or after == (version, content)
        for one in mine:
            inside = VersionRange.parse(one.data["kamiwaza_version"])
            got = {now[one.name, platform] for platform in PLATFORMS if platform in inside}
            assert got <= {(Version.parse(one.data["version"]), one.data["content"])}
        self.there, self.gets = plan.result, now

    @rule(name=st.sampled_from(NAMES), version=st.sampled_from(VERSIONS), range_=RANGES)
    def force(self, name: str, version: str, range_: str) -> None:
        mine = _entry(name, version, range_, "forced", False)
        plan = merge(self.there, [mine], by_range=True, forced=frozenset({name}))
        assert not plan.conflicts
        self.there, self.gets = plan.result, _gets(plan.result)

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        self.there = without(self.there, frozenset({name}))
        self.gets = {key: value for key, value in self.gets.items() if key[0] != name}
        assert _gets(self.there) == self.gets

    @rule()
    def publish_the_same_again(self) -> None:
        for one in (*self.there.apps, *self.there.tools):
            plan = merge(self.there, [one], by_range=True)
            assert [step.deed for step in plan.steps] == [Deed.UNCHANGED]
            assert plan.result == self.there

    @invariant()
    def every_platform_gets_at_most_one_version(self) -> None:
        assert _gets(self.there) == self.gets

    @invariant()
    def what_is_written_reads_back(self) -> None:
        again = Published.read(self.there.apps_json(), self.there.tools_json(), "memory")
        assert again == self.there


def _entry(name: str, version: str, range_: str, content: str, is_tool: bool) -> Entry:
    make = tool if is_tool else entry
    return make(name, version, kamiwaza_version=range_, content=content)


def _gets(there: Published) -> Gets:
    found: Gets = {}
    for one in (*there.apps, *there.tools):
        inside = VersionRange.parse(one.data["kamiwaza_version"])
        for platform in PLATFORMS:
            if platform in inside:
                assert (one.name, platform) not in found
                found[one.name, platform] = (Version.parse(one.data["version"]), one.data["content"])
    return found


TestReleases = Releases.TestCase
TestReleases.settings = settings(max_examples=25, stateful_step_count=10, deadline=None)
