"""Stop field, speed caps, watchdogs, mode table: pure."""
