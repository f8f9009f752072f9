"""Frozen dataclasses passed between stages. Arrays in them are never written to."""
