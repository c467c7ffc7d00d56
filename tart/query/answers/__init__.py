"""Types of the answers of the API, one module per family; see ``common``. Pure."""
