"""A chat in a terminal: ``python -m wireside_client.terminal --name Ana``."""
