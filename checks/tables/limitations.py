"""What a deployment with the template's own settings does not do, as it says itself."""

from pathlib import Path

from checks.tables.markdown import code, table
from local import template
from wireside.entrypoints.http import build
from wireside.entrypoints.limitations import limitations as told
from wireside.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
REGION = "eu-west-1"


def limitations() -> str:
    """Return the stable ids and the words that go with them."""
    given = template.load(ROOT, {}).functions["ApiFunction"].environment
    known = Settings.from_environment({**given, "AWS_REGION": REGION})
    paths = build().openapi()["paths"]
    return table(("id", "says"), [(code(each["id"]), each["text"]) for each in told(known, paths)])
