"""How far the searches of a test run went; pytest prints it at the end."""

from collections import Counter

SEARCHED: Counter[str] = Counter()


def searched(what: str, of: str, count: int) -> None:
    """Print and remember that ``count`` states, or histories, were searched for one story."""
    print(f"{what}: {count} {of}")
    SEARCHED[of] += count
