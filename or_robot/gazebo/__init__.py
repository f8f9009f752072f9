"""Gazebo classic 11: its program, its world file, a client of its transport."""
