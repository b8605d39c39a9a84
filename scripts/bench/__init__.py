"""Measurements whose results stand in docs/benchmarks.md: ratios against a yardstick of the same run."""
