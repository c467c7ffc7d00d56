"""One module for each view; ``table`` lists them.

Pure.
"""
