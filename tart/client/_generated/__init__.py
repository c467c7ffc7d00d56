"""Generated modules of the client; change the declarations they come from. Pure."""
