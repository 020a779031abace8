"""Every link inside the documents leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/*/*.md")])
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`]*`")
HEADING = re.compile(r"^#+ +(?P<text>.+?) *$", re.MULTILINE)


def prose(path: Path) -> str:
    """Return what is not code."""
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of a document's headings."""
    return {
        re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-")
        for found in HEADING.finditer(prose(path))
    }


def broken(path: Path) -> Iterator[str]:
    for found in LINK.finditer(CODE.sub("", prose(path))):
        target, _, anchor = found["target"].partition("#")
        if ":" in target:
            continue
        there = (path.parent / target).resolve() if target else path
        if not there.exists():
            yield f"{found['target']}: there is no such file"
        elif anchor and anchor not in anchors(there):
            yield f"{found['target']}: there is no such heading"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    assert list(broken(path)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n[a](#a-page) [b](b.md) [c](#c) `[d](d.md)` [e](https://e.com)\n")

    assert list(broken(page)) == ["b.md: there is no such file", "#c: there is no such heading"]


def test_every_document_is_linked_from_another() -> None:
    linked = {
        (path.parent / found["target"].partition("#")[0]).resolve()
        for path in DOCUMENTS
        for found in LINK.finditer(prose(path))
    }

    assert not {path for path in DOCUMENTS if path.parent != ROOT} - linked
