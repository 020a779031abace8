"""The local run as a process: started, stopped, killed, and its functions changed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from local.harness import ROOT as REPOSITORY
from local.harness import Running, local_run, start
from tests.contract.gateway.toys import ROOT, ask, local_toy, until
from tests.integration.processes import children, is_alive


def refused(data: Path, **variables: str) -> tuple[int, str]:
    environment = {**os.environ, "DATA_DIR": str(data), "LOCAL_ROOT": str(ROOT), **variables}
    ended = subprocess.run(
        [sys.executable, "-m", "local", "run"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr


def kinds(running: Running) -> list[int]:
    found = children(running)
    assert len(found) >= 5
    return found


def test_a_taken_port_is_explained_in_a_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        status, said = refused(tmp_path, PORT=str(port))

    assert status == 1
    assert f"port {port} is taken" in said
    assert said.count("\n") == 1


def test_a_short_secret_is_refused_in_a_line(tmp_path: Path) -> None:
    status, said = refused(tmp_path, PORT="1", WIRESIDE_JWT_SECRET="short")

    assert status == 1
    assert "at least 32 bytes" in said
    assert said.count("\n") == 1


def test_a_port_that_is_none_is_refused_in_a_line(tmp_path: Path) -> None:
    status, said = refused(tmp_path, PORT="http")

    assert (status, said.count("\n")) == (1, 1)
    assert "PORT" in said


def test_state_survives_and_nothing_else_does(tmp_path: Path) -> None:
    with local_run(tmp_path, root=ROOT) as running:
        toy, processes = local_toy(running), kinds(running)
        toy.put("kept", "item")
        toy.send("DeadJobs", "kept", {"id": "1"}, group="kept")
    assert running.process.returncode == 0
    assert not any(is_alive(each) for each in processes)

    with local_run(tmp_path, root=ROOT) as running:
        toy = local_toy(running)
        queue = toy.queue_url("DeadJobs")

        assert [each["sk"] for each in toy.items("kept")] == ["item"]
        assert len(toy.queues.receive_message(QueueUrl=queue)["Messages"]) == 1
        described = toy.table.describe_time_to_live(TableName="wireside-Table")
        assert described["TimeToLiveDescription"]["AttributeName"] == "ttl"


def test_no_process_outlives_a_killed_gateway_and_ministack_keeps_its_state(tmp_path: Path) -> None:
    running = start(tmp_path, root=ROOT)
    processes = kinds(running)
    local_toy(running).put("kept", "item")

    running.process.send_signal(signal.SIGKILL)
    running.process.wait()

    until(lambda: not any(is_alive(each) for each in processes))
    with local_run(tmp_path, root=ROOT) as again:
        assert [each["sk"] for each in local_toy(again).items("kept")] == ["item"]


def test_a_changed_function_is_reloaded_when_it_has_done_what_it_does(tmp_path: Path) -> None:
    root = tmp_path / "toy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    source = root / "echo" / "app.py"
    with (
        local_run(tmp_path / "data", root=root) as running,
        local_toy(running).socket() as connection,
    ):
        connection.send('{"do": "sleep", "seconds": 2}')
        source.write_text(source.read_text().replace('"slept"', '"rested"'))

        until(lambda: "Echo: source changed" in running.log)
        assert connection.recv(timeout=15) == '{"slept": 2}'
        assert ask(connection, do="sleep", seconds=0) == {"rested": 0}


def test_a_function_that_does_not_load_says_so_and_recovers(tmp_path: Path) -> None:
    root = tmp_path / "toy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    source = root / "echo" / "app.py"
    whole = source.read_text()
    source.write_text("import nothing_of_that_name")
    with (
        local_run(tmp_path / "data", root=root) as running,
        local_toy(running).socket() as connection,
    ):
        assert ask(connection, action="tell")["message"] == "Internal server error"
        assert "Echo: cannot start" in running.log

        source.write_text(whole)
        until(lambda: "Echo: started" in running.log)
        assert ask(connection, action="tell")["requestContext"]["routeKey"] == "tell"


def test_without_ministack_it_ends_and_says_why(tmp_path: Path) -> None:
    running = start(tmp_path, root=ROOT)
    (ministack,) = [each for each in kinds(running) if "ministack" in command(each)]

    os.kill(ministack, signal.SIGKILL)

    assert running.process.wait(20) == 1
    assert "ministack ended by itself" in running.log


def test_a_changed_template_is_told(tmp_path: Path) -> None:
    root = tmp_path / "toy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    with local_run(tmp_path / "data", root=root) as running:
        (root / "template.yaml").touch()

        until(lambda: "template.yaml changed" in running.log)


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
