"""Poses, polygons, rays, grids, frames and units."""
