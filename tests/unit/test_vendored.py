"""What others wrote of the page, as the lock gives it."""

import hashlib
import json
from pathlib import Path

import pytest

from checks.vendored import ROOT, VENDORED, main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree whose packages are installed and whose page has none of them yet."""
    modules = tmp_path / ".build" / "node" / "node_modules"
    for each in VENDORED:
        package = modules / each.package
        (package / each.source).parent.mkdir(parents=True)
        (package / each.source).write_text(f"export default '{each.file}';")
        (package / "package.json").write_text('{"version": "1.2.3", "license": "MIT"}')
        for licence in each.licences:
            (modules / licence).parent.mkdir(exist_ok=True, parents=True)
            (modules / licence).write_text(f"Do as you like with {licence}.")
    (tmp_path / "web" / "vendor").mkdir(parents=True)
    return tmp_path


def test_what_was_copied_is_what_the_lock_gives(root: Path) -> None:
    assert main([], root) == 1
    assert main(["--write"], root) == 0
    assert main([], root) == 0


def test_a_changed_byte_and_a_stray_file_are_found_and_mended(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = root / "web" / "vendor"
    main(["--write"], root)
    (folder / "purify.js").write_text("export default null;")
    (folder / "stray.js").write_text("")

    assert main([], root) == 1
    assert capsys.readouterr().err.count("is not what the lock gives") == 2
    assert main(["--write"], root) == 0
    assert main([], root) == 0


def test_each_file_has_its_version_licence_and_checksum() -> None:
    folder = ROOT / "web" / "vendor"
    entries = json.loads((folder / "manifest.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    for each in entries:
        assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
        assert locked[f"node_modules/{each['package']}"]["version"] == each["version"]
        assert "Copyright" in (folder / each["licence_file"]).read_text()
    assert {each["file"] for each in entries} == {path.name for path in folder.glob("*.js")}
