"""Records, objects, prepared payloads, audit."""
