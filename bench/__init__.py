"""Measured comparisons: `python -m bench` prints ours beside the plain way, in one run."""
