"""Checks of the project's own files that no ready-made tool does."""
