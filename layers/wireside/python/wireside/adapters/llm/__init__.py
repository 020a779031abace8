"""Providers of answers, one module each."""
