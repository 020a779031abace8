"""The one table: keys, attributes, and a store for each role."""
