"""Brings a machine from `git clone` to a running suite. Standard library only."""
