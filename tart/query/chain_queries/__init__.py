"""Queries that the chain process answers: parameters and answers as types. Pure."""
