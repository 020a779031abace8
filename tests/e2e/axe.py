"""axe-core, which looks at a page as those who cannot see or use it as others do would have it."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.visitor import SCHEMES

ROOT = Path(__file__).resolve().parents[2]
RUN = """
async (rules) => {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(document, options);
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}
"""


@cache
def _source() -> str:
    return (ROOT / ".build/node/node_modules/axe-core/axe.min.js").read_text()


def assert_accessible(page: Page) -> None:
    """Nothing serious or critical is found by day, and no faint colour by night."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    found: list[Any] = []
    for scheme, rules in zip(SCHEMES, (["color-contrast"], None), strict=True):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {each}" for each in page.evaluate(RUN, rules)]
    assert found == [], "\n".join(found)
