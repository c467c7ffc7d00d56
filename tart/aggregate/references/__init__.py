"""Tracking of references between the events of a connection, and the reducers of events. Pure."""
