"""Benchmarks: ``python -m tests.bench NAME``. Not collected by pytest; nothing fails by being slow."""
