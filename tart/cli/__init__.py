"""The command line: one module per command, composition of the processes."""
