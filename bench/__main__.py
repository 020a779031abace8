"""``python -m bench [name …]``: measure, and print each budget beside what was measured."""

import subprocess
import sys
from importlib import import_module

from bench.report import machine, show, title

BENCHMARKS = {
    "send": "One send, two listeners",
    "list": "Lists of 10, 1,000 and 10,000 conversations",
    "search": "Search, and what a message adds to its index",
    "fanout": "Fan-out of one event",
    "first": "What is added to a provider's first piece",
    "nlweb": "What is added to a call of NLWeb's /ask",
    "cold": "Cold starts under awslambdaric, until the first event is answered",
    "packages": "Packages",
    "gateway": "The local run",
    "price": "35,000 chats a month: four answers of 300 tokens at 50 a second, one listener",
}


def main(names: list[str]) -> int:
    """Run one benchmark here, or several in processes of their own: a function has one for good.

    Returns 2 for a name that is none, else the status of the first that failed.
    """
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    if len(names) == 1:
        title(BENCHMARKS[names[0]])
        show(import_module(f"bench.{names[0]}").rows())
        return 0
    print(machine(), flush=True)
    each_alone = ([sys.executable, "-m", "bench", name] for name in names or BENCHMARKS)
    statuses = [subprocess.run(command, check=False).returncode for command in each_alone]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
