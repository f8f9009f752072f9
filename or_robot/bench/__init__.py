"""One module a yardstick."""
