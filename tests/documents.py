"""What documents tell people to type, as it stands there."""

import re
from collections.abc import Sequence

from local.harness import ROOT

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(document: str, language: str) -> Sequence[str]:
    """Return the blocks of one language in a document, in their order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [code for named, code in FENCED.findall(text) if named == language]
