"""Snapshot and goal to path."""
