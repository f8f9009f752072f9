"""Frozen settings: every field has a unit, a default and bounds."""
