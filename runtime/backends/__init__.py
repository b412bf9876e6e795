"""Inference backends: one file each behind one interface."""
