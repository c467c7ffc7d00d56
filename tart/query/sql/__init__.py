"""SQL that users send: views, predicate pushdown, exports. Pure."""
