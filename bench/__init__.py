"""Benchmarks: ratios measured side by side on a platform of their own (`make bench`)."""
