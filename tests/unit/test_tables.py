"""The generated tables: they follow the code, and drift is told."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from checks.tables import __main__ as command
from checks.tables.markdown import table
from checks.tables.regions import RegionError, names, renewed
from checks.tables.registry import TABLES
from local.options import Options
from local.switches import EVERYDAY, GATEWAY
from wireside.domain.errors import ErrorCode
from wireside.protocol import ACTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
REGION = "before\n<!-- generated: one -->\nold\n<!-- end -->\nafter\n"


class Recording(Mapping[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_documents_agree_with_the_code() -> None:
    assert command.main([], ROOT) == 0


def test_a_region_is_written_anew_and_nothing_else() -> None:
    written = renewed("here.md", REGION, {"one": lambda: "new"})

    assert written == "before\n<!-- generated: one -->\n\nnew\n\n<!-- end -->\nafter\n"
    assert renewed("here.md", written, {"one": lambda: "new"}) == written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!-- generated: one -->\n", "not closed"),
        ("<!-- generated: one -->\n<!-- generated: one -->\n<!-- end -->\n", "not closed"),
        ("<!-- generated: two -->\n<!-- end -->\n", "nobody makes a table two"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(text: str, says: str) -> None:
    with pytest.raises(RegionError, match=says):
        renewed("here.md", text, {"one": lambda: "new"})


def test_drift_is_shown_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    regions = "\n".join(f"<!-- generated: {name} -->\n<!-- end -->" for name in TABLES)
    (tmp_path / "page.md").write_text(regions + "\n", encoding="utf-8")

    drifted = command.main([], tmp_path)
    told = capsys.readouterr().err
    command.main(["--write"], tmp_path)

    assert drifted == 1
    assert "page.md differs" in told
    assert "+| `hello` |" in told
    assert command.main([], tmp_path) == 0


def test_a_table_that_no_document_shows_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.md").write_text("nothing\n", encoding="utf-8")

    assert command.main([], tmp_path) == 1
    assert "no document shows" in capsys.readouterr().err


def test_a_cell_keeps_its_bars_to_itself() -> None:
    assert table(("a", "b"), [("x|y", "")]) == "| a | b |\n|---|---|\n| x\\|y | – |"


def test_every_action_and_every_code_has_its_row() -> None:
    frames, codes = TABLES["client_frames"](), TABLES["error_codes"]()

    assert [line.split("`")[1] for line in frames.splitlines()[2:]] == list(ACTIONS)
    assert all(f"`{each.value}`" in codes for each in ErrorCode)


def test_the_documents_name_the_variables_that_the_local_run_reads() -> None:
    environ = Recording()

    Options.from_environment(environ)

    assert {each.name for each in (*EVERYDAY, *GATEWAY)} == environ.asked


def test_no_region_stands_twice() -> None:
    shown = [name for path in command.documents(ROOT) for name in names(path.read_text())]

    assert sorted(shown) == sorted(TABLES)
