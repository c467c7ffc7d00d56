"""The web page in a browser, against a server with a simulated network."""
