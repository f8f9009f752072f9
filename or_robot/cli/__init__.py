"""The command `or-robot`: one module a command, imported only when it is called."""
