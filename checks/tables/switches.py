"""The variables of the local run."""

from checks.tables.markdown import code, table
from local.switches import EVERYDAY, GATEWAY, Switch


def everyday() -> str:
    """Return what people set who use the local run."""
    return _table(EVERYDAY)


def gateway() -> str:
    """Return what people set who test against its gateway."""
    return _table(GATEWAY)


def _table(switches: tuple[Switch, ...]) -> str:
    rows = [(code(each.name), each.means, each.otherwise) for each in switches]
    return table(("variable", "means", "unless set"), rows)
