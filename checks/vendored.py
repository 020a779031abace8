"""``python -m checks.vendored``: compare what ``web/vendor/`` has with what the lock gives.

``--write`` copies it anew. A file is what its package publishes, byte for byte where
``manifest.json`` does not say what is left out of it. Beside it stand the licences of all that is
bundled in it; the manifest says where each came from.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Vendored:
    """A file of the page that others wrote: ``source`` is its path inside its package.

    ``licences`` are the paths of their texts below ``node_modules``, those of bundled packages
    too. ``lighten`` makes of it what the page has; ``left_out`` says what is missing then.
    """

    file: str
    package: str
    source: str
    licences: Sequence[str]
    left_out: str = ""
    lighten: Callable[[bytes], bytes] = bytes


TABLE = re.compile(
    rb"//#region node_modules/entities/dist/internal/decode-shared\.js\n.*?"
    rb"//#region node_modules/entities/dist/generated/decode-data-html\.js\n"
    rb"var (\w+) = /\* #__PURE__ \*/ \w+\([^\n]*\), ",
    re.DOTALL,
)


def without_names(body: bytes) -> bytes:
    """Return the parser without the 2,125 names of characters, which are a third of it.

    Browsers know them: ``web/views/markdown.js`` leaves them to these.
    """
    return TABLE.sub(rb"var \1 = new Uint16Array(1), ", body)


VENDORED = (
    Vendored(
        "highlight.js",
        "@highlightjs/cdn-assets",
        "es/highlight.min.js",
        ["@highlightjs/cdn-assets/LICENSE"],
    ),
    Vendored(
        "markdown-it.js",
        "markdown-it",
        "dist/browser/markdown-it.esm.min.mjs",
        [
            "markdown-it/LICENSE",
            "entities/LICENSE",
            "linkify-it/LICENSE",
            "mdurl/LICENSE",
            "punycode.js/LICENSE-MIT.txt",
            "uc.micro/LICENSE.txt",
        ],
        "the names of characters",
        without_names,
    ),
    Vendored(
        "purify.js",
        "dompurify",
        "dist/purify.min.js",
        ["dompurify/LICENSE"],
    ),
)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Compare or write; return the exit status."""
    folder = root / "web" / "vendor"
    wanted = dict(contents(root / ".build" / "node" / "node_modules"))
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".ts"}
    changed = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
    if "--write" in arguments:
        _write(folder, {name: wanted.get(name) for name in changed})
        return 0
    for name in changed:
        print(f"web/vendor/{name} is not what the lock gives: make vendor", file=sys.stderr)
    return 1 if changed else 0


def contents(modules: Path) -> Iterator[tuple[str, bytes]]:
    """Return what belongs into the folder, by name."""
    entries = []
    for each in VENDORED:
        body = each.lighten((modules / each.package / each.source).read_bytes())
        package = json.loads((modules / each.package / "package.json").read_text())
        licence_file = f"{each.file.removesuffix('.js')}.LICENSE.txt"
        yield each.file, body
        yield licence_file, _licences(modules, each.licences)
        entries.append(
            {
                "file": each.file,
                "package": each.package,
                "version": package["version"],
                "source": each.source,
                **({"left_out": each.left_out} if each.left_out else {}),
                "licence": package["license"],
                "licence_file": licence_file,
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        )
    yield "manifest.json", f"{json.dumps(entries, indent=2)}\n".encode()


def _licences(modules: Path, paths: Sequence[str]) -> bytes:
    """Return the texts one after the other, each under the name of what it is for."""
    texts = [f"{path.rsplit('/', 1)[0]}\n\n{(modules / path).read_text()}" for path in paths]
    return "\n\n".join(text.strip() for text in texts).encode() + b"\n"


def _write(folder: Path, changed: dict[str, bytes | None]) -> None:
    for name, body in changed.items():
        if body is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(body)
        print(f"{'removed' if body is None else 'wrote'} web/vendor/{name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
