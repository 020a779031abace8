"""The processes of a local run, as the machine knows them."""

from pathlib import Path

from local.harness import Running


def children(running: Running) -> list[int]:
    """Return every process that the local run started and that is still there."""
    pid = running.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def workers(running: Running, function: str | None = None) -> list[int]:
    """Return the processes of one function, or of all, in this local run and in no other."""
    return [
        pid for pid in children(running) if (runs := _function(pid)) and function in {None, runs}
    ]


def _function(pid: int) -> str | None:
    """Return which function a process runs."""
    try:
        if b"awslambdaric" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return None
        return Path(f"/proc/{pid}/cwd").readlink().name
    except OSError:
        return None


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
