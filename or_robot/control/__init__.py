"""Path and snapshot to velocity; limits."""
