"""Tables of the documents that are made from the code, so that they cannot tell old tales.

A document holds a region

::

    <!-- generated: NAME -->
    (the table)
    <!-- end -->

and :mod:`checks.tables.registry` says which function returns the table NAME. ``make docs`` writes
the regions anew; ``python -m checks.tables`` fails where one differs from the code.
"""
