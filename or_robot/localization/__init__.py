"""Odometry and scan to pose with covariance."""
