"""What the local run says to whoever started it."""


def say(text: str) -> None:
    """Print one line."""
    print(text, flush=True)
