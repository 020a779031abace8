"""The use cases, one family a module. They know ports and domain, never an adapter."""
