"""What `sam build` made: compiled, for arm64, small, and nothing foreign inside."""

from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent.parent / ".aws-sam" / "build"
LAYERS = ("DependenciesLayer", "WiresideLayer")
MAX_UNZIPPED_BYTES = 60 * 1024 * 1024


def files(artifact: str) -> list[Path]:
    return [path for path in (BUILD / artifact).rglob("*") if path.is_file()]


def test_the_layers_bring_the_bytecode_of_every_module() -> None:
    for layer in LAYERS:
        sources = [path for path in files(layer) if path.suffix == ".py"]
        compiled = {path.name.split(".")[0] for path in files(layer) if path.suffix == ".pyc"}

        assert sources, layer
        missing = [path for path in sources if path.stem not in compiled]
        assert not missing, missing[:5]


def test_the_bytecode_is_not_checked_against_the_source() -> None:
    unchecked_hash = 1
    for layer in LAYERS:
        for path in files(layer):
            if path.suffix == ".pyc":
                flags = int.from_bytes(path.read_bytes()[4:8], "little")
                assert flags == unchecked_hash, path


def test_native_code_is_for_arm64_alone() -> None:
    elf_machine_aarch64 = 183
    native = [path for path in files("DependenciesLayer") if ".so" in path.suffixes]

    assert native
    for path in native:
        assert int.from_bytes(path.read_bytes()[18:20], "little") == elf_machine_aarch64, path


def test_any_function_with_its_layers_fits_the_budget() -> None:
    layers_bytes = sum(path.stat().st_size for layer in LAYERS for path in files(layer))
    functions = [path.name for path in BUILD.iterdir() if path.name.endswith("Function")]

    assert len(functions) == 7
    for function in functions:
        own_bytes = sum(path.stat().st_size for path in files(function))
        print(f"{function}: {(own_bytes + layers_bytes) / 1024**2:.1f} MB unzipped")
        assert own_bytes + layers_bytes <= MAX_UNZIPPED_BYTES


def test_nothing_foreign_is_inside() -> None:
    foreign = {".env", ".git", "tests", ".venv", "moto", "pytest", "ministack"}
    for artifact in BUILD.iterdir():
        if artifact.is_dir():
            found = {part.name for part in artifact.rglob("*")} & foreign
            assert not found, (artifact.name, found)


def test_a_function_is_its_entry_point_alone() -> None:
    for artifact in BUILD.iterdir():
        if artifact.name.endswith("Function"):
            sources = [
                path.name for path in files(artifact.name) if "__pycache__" not in path.parts
            ]
            assert sources == ["app.py"]
