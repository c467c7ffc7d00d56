"""Declarations of the API: routes, parameters, schemas, OpenAPI, documentation. Pure."""
