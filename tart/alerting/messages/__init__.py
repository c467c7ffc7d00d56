"""Messages in the form of each kind of channel: a notification becomes a request. Pure."""
