"""The ports' implementations, by technology. Only ``bootstrap`` chooses among them."""
