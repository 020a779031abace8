"""Wireside: fireside chat over the wire.

The rings point inwards only: ``entrypoints`` call ``services``, services know ``ports`` and
``domain``, ``adapters`` implement the ports and are chosen in ``bootstrap`` alone.
"""
