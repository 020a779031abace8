"""Where functions run on this machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.model import Function

WITHIN = Path(__file__).resolve().parent / "within"
TIMED = "timed.handler"


@dataclass(frozen=True, slots=True)
class Place:
    """What surrounds every worker: endpoints and credentials, and where its packages lie.

    ``times`` is where workers write how long they and their calls took, if they are to.
    """

    root: Path
    logs: Path
    variables: Mapping[str, str]
    say: Callable[[str], None]
    times: Path | None = None

    @property
    def built(self) -> tuple[Path, ...]:
        """Return where ``make`` puts the layer's packages for this machine, and the runtime."""
        names = ("layer/python", "layer", "runtime")
        return tuple(path for name in names if (path := self.root / ".build" / name).is_dir())

    def is_isolated(self) -> bool:
        """Whether workers can do without the packages of the process that starts them."""
        return any((path / "awslambdaric").is_dir() for path in self.built)

    def python_path(self, function: Function) -> list[str]:
        """Return the function's import path: its code, our layer's source, the layer's wheels."""
        sources = [str(each / "python") for each in function.layers if (each / "python").is_dir()]
        timing = [str(WITHIN)] if self.times else []
        return [str(function.code), *sources, *map(str, self.built), *timing]

    def handler(self, function: Function) -> str:
        """Return what is called: the function's own handler, or the one that times it."""
        return TIMED if self.times else function.handler

    def timing(self, function: Function) -> dict[str, str]:
        """Return what that one reads of the environment."""
        if self.times is None:
            return {}
        return {"LOCAL_TIMED_HANDLER": function.handler, "LOCAL_TIMES": str(self.times)}
