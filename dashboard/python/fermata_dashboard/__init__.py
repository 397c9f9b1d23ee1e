"""The dashboard's files; :mod:`fermata.api.dashboard` serves them."""
