"""What AWS does, and where it says so: each test of this suite names both.

``checks.tables`` makes the table of ``docs/local.md`` of them, without running anything.
"""

from collections.abc import Callable

type Test[**P] = Callable[P, None]


def parity[**P](behaviour: str, *, source: str) -> Callable[[Test[P]], Test[P]]:
    """Say what AWS does as this test expects it, and the page or thread that tells.

    ``behaviour`` is one line of Markdown.
    """
    assert behaviour
    assert source.startswith("https://")
    return lambda test: test


DEVELOPER = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
