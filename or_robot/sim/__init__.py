"""SDF to MuJoCo, sensors, doors."""
