"""The stored chain: DuckDB files in ``chain/``, one for each day, and the answers from them."""
