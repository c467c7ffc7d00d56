"""The state of alerts, and the messages that are due; the present is an argument. Pure."""
