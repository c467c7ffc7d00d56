"""The answers to ``CHAIN_QUERIES`` from the files of the chain, by kind of answer."""
