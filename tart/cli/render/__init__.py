"""Reports of commands as text, JSON and JUnit XML. Pure."""
