"""``python -m bench [name …]``: measure, and print each budget beside what was measured."""

import sys

from bench import cold, fanout, gateway, packages, send
from bench.report import machine, show, title

BENCHMARKS = {
    "send": ("One send, two listeners", send.rows),
    "fanout": ("Fan-out of one event", fanout.rows),
    "cold": ("Cold starts under awslambdaric, until the first event is answered", cold.rows),
    "packages": ("Packages", packages.rows),
    "gateway": ("The local run", gateway.rows),
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return 2 for a name that is none."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    print(machine())
    missed = 0
    for name in names or BENCHMARKS:
        heading, rows = BENCHMARKS[name]
        title(heading)
        missed += sum(row.kept is False for row in show(rows()))
    print(f"\n{missed or 'no'} budget{'' if missed == 1 else 's'} missed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
