"""Pages of the dashboard: what a view requests and how its answers become figures and tables.

Pure.
"""
