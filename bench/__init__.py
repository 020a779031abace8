"""Benchmarks: each budget of ``docs/architecture.md`` beside what this machine measures."""
