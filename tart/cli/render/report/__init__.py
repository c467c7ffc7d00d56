"""The report of a test campaign as one HTML file: values in, text out. Pure."""
