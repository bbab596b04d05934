"""Benchmarks that run both sides of a claim in one process and print their ratio."""
