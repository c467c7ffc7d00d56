"""The native kernel, its build and its loader."""
