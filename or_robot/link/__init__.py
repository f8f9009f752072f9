"""ZeroMQ: topics table, codec, server, client, keys."""
