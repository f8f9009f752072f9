"""The one wiring of the robot, used by nodes, simulation and bench alike."""
