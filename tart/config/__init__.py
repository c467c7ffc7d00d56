"""Configuration: ``schema`` declares the settings, ``load`` reads them."""
