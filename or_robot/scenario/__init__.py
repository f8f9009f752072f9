"""Scenario files, staff, referee over ground truth."""
