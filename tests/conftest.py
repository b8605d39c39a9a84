"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Time is measured in scripts/bench: a busy machine must not fail a test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
