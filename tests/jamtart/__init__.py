"""jamtart as its dashboards and tools read it."""
