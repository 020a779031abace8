"""``python -m checks.tables``: compare the documents with the code; ``--write``: write them."""

import difflib
import sys
from pathlib import Path

from checks.tables.regions import RegionError, names, renewed
from checks.tables.registry import TABLES

ROOT = Path(__file__).resolve().parent.parent.parent


def documents(root: Path) -> list[Path]:
    """Return the documents that may have regions."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Compare or write; return the exit status."""
    try:
        changed = _changed(root)
    except (RegionError, LookupError) as error:
        print(f"tables: {error}", file=sys.stderr)
        return 1
    if "--write" in arguments:
        for path, text in changed.items():
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(root)}")
        return 0
    for path, text in changed.items():
        _show(path.relative_to(root), path.read_text(encoding="utf-8"), text)
    return 1 if changed else 0


def _changed(root: Path) -> dict[Path, str]:
    """Return the documents that differ from the code, with what they should be.

    Raises: RegionError, also for a table that no document shows.
    """
    changed, shown = {}, set()
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        where = str(path.relative_to(root))
        shown.update(names(text))
        new = renewed(where, text, TABLES)
        if new != text:
            changed[path] = new
    if missing := sorted(set(TABLES) - shown):
        message = f"no document shows the table {', '.join(missing)}"
        raise RegionError(message)
    return changed


def _show(name: Path, old: str, new: str) -> None:
    print(f"{name} differs from the code; `make docs` writes it anew:", file=sys.stderr)
    diff = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{name} (kept)", f"{name} (code)", "", "", 1, ""
    )
    print("\n".join(diff), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
