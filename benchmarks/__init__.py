"""Benchmarks: each measures a ratio against a peer or a limit, interleaved in one run, because machines are noisy."""
