"""Behaviour trees over an abstract robot port."""
