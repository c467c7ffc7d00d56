"""The supervisor process: forks, watches and restarts the others."""
