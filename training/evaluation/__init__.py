"""Metrics, baselines and the evaluation protocol."""
