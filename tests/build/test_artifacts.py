"""What `sam build` made: compiled, for arm64, small, and nothing foreign inside."""

import importlib.util
import re
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / ".aws-sam" / "build"
LAYERS = ("DependenciesLayer", "WiresideLayer")
FUNCTIONS = sorted(path.name for path in BUILD.glob("*Function"))
MAX_UNZIPPED_BYTES = 60 * 1024 * 1024
MAX_HANDLER_LINES = 30
ELF_MACHINE_AARCH64 = 183
UNCHECKED_HASH = 1
MAGIC = importlib.util.MAGIC_NUMBER
"""That of the Python of the tests, which is the 3.13 that the functions run on."""

FOREIGN = re.compile(
    r"""(^|/)(
        \.env | \.git | \.venv | tests? | testing | conftest\.py | __main__\.pyi
        | pip | setuptools | wheel | pkg_resources | easy_install\.py | ensurepip
        | moto | pytest | _pytest | ministack | hypothesis | mypy | ruff | playwright
    )(/|$) | (?<!cacert)\.(orig|rej|swp|log|pem|key|toml\.bak|whl|exe|pyd|dll|dylib)$ """,
    re.VERBOSE,
)
SECRETS = re.compile(
    rb"AKIA[0-9A-Z]{16}|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}|\bsk-[A-Za-z0-9]{32,}"
)


def files(artifact: str) -> list[Path]:
    return [path for path in (BUILD / artifact).rglob("*") if path.is_file()]


def compiled(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"


def native(artifact: str) -> list[Path]:
    return [path for path in files(artifact) if ".so" in path.suffixes]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_brings_the_bytecode_of_every_module(layer: str) -> None:
    sources = [path for path in files(layer) if path.suffix == ".py"]

    assert sources
    assert not [path for path in sources if not compiled(path).is_file()][:5]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_bytecode_is_for_this_python_and_is_not_checked_against_the_source(layer: str) -> None:
    bytecode = [path for path in files(layer) if path.suffix == ".pyc"]

    for path in bytecode:
        head = path.read_bytes()[:8]
        assert head[:4] == MAGIC, path
        assert int.from_bytes(head[4:8], "little") == UNCHECKED_HASH, path


@pytest.mark.parametrize("layer", LAYERS)
def test_no_bytecode_is_without_its_source(layer: str) -> None:
    kept = {compiled(path) for path in files(layer) if path.suffix == ".py"}

    assert {path for path in files(layer) if path.suffix == ".pyc"} == kept


def test_native_code_is_for_arm64_alone() -> None:
    found = native("DependenciesLayer")

    assert found
    for path in found:
        head = path.read_bytes()[:20]
        assert head[:4] == b"\x7fELF", path
        assert int.from_bytes(head[18:20], "little") == ELF_MACHINE_AARCH64, path


def test_extension_modules_are_for_this_python() -> None:
    tags = {path.name.split(".", 1)[1] for path in native("DependenciesLayer")}

    assert all("cp" not in tag or "cpython-313-aarch64" in tag for tag in tags), tags


def test_our_own_layer_is_the_package_as_it_stands() -> None:
    source = ROOT / "layers" / "wireside" / "python"
    shipped = BUILD / "WiresideLayer" / "python"

    wanted = {path.relative_to(source) for path in source.rglob("*.py")}
    found = {path.relative_to(shipped) for path in shipped.rglob("*.py")}

    assert found == wanted


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_with_its_layers_fits_the_budget(function: str) -> None:
    parts = (function, *LAYERS)
    total_bytes = sum(path.stat().st_size for each in parts for path in files(each))

    print(f"{function}: {total_bytes / 1024**2:.1f} MB unzipped")
    assert total_bytes <= MAX_UNZIPPED_BYTES


@pytest.mark.parametrize("artifact", [*FUNCTIONS, *LAYERS])
def test_nothing_foreign_is_inside(artifact: str) -> None:
    names = [str(path.relative_to(BUILD / artifact)) for path in files(artifact)]

    assert not [name for name in names if FOREIGN.search(name)]


@pytest.mark.parametrize("artifact", [*FUNCTIONS, *LAYERS])
def test_nothing_tells_of_the_machine_that_built_it_and_nothing_is_secret(artifact: str) -> None:
    telling = [str(ROOT).encode(), str(Path.home() / ".").encode(), socket.gethostname().encode()]

    for path in files(artifact):
        content = path.read_bytes()
        assert not [each for each in telling if len(each) > 7 and each in content], path
        assert not SECRETS.search(content), path


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_its_entry_point_alone(function: str) -> None:
    (source,) = files(function)

    lines = source.read_text(encoding="utf-8").splitlines()

    assert source.name == "app.py"
    assert len(lines) <= MAX_HANDLER_LINES


def test_every_function_was_built() -> None:
    assert len(FUNCTIONS) == len(list((ROOT / "functions").glob("*/app.py")))
