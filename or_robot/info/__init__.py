"""The information process: sources, clinical and store behind the link."""
