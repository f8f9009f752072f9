"""Operating-room robot and information system. Not for clinical use."""
