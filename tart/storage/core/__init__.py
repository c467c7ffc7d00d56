"""Layout of the files: schema, columns, file names, retention policy. Pure."""
