"""Scan, depth and image to obstacles, people tracks and markers."""
