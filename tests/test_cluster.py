"""A training on a real Ray cluster, whose nodes are processes of this machine. Two nodes train, a third leads."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster
from run_makers import ENDLESS, ask_to_train, paintings_folder, prepared_run, until

from neural_art.messages import Message
from neural_art.models.checkpoint import Model
from neural_art.runs.cluster import ClusterPlaces
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of
from neural_art.runs.supervisor import Supervisor

NODE = {"num_cpus": 2, "object_store_memory": 200 << 20}
PACKAGE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster whose first node only leads; another one has room for one training."""
    folder = tempfile.mkdtemp(prefix="ray")  # short: the sockets in it must have short names
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join([str(PACKAGE), *sys.path]))
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        head = {"num_cpus": 0, "object_store_memory": 200 << 20, "include_dashboard": False, "temp_dir": folder}
        made = Cluster(initialize_head=True, head_node_args=head)
        made.add_node(**NODE)
        yield made
        for node in made.list_all_nodes():
            node.kill_all_processes(check_alive=False, allow_graceful=False)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def supervised(root: Path, address: str) -> Iterator[tuple[Run, Supervisor]]:
    """A run that waits for its training on the cluster, and the supervisor that looks after it."""
    registry = Registry(root / "runs")
    run = ask_to_train(prepared_run(registry.root, paintings_folder(root / "uploads")), ENDLESS)
    processes = WorkerProcesses(cluster=address)
    supervisor = Supervisor(registry, at_once=lambda: 2, processes=processes, restart_seconds=(0.01, 0.5))
    supervisor.start()
    try:
        yield run, supervisor
    finally:
        supervisor.close(workers=True)


def starts(run: Run) -> list[tuple[int, float]]:
    """Step and seconds of each start of the run's training."""
    return [(event["step"], event["seconds"]) for event in Journal(run).events() if event["event"] == "started"]


def wait_for_steps(run: Run, starts_so_far: int) -> None:
    """Waits until the run was started so often, and has made a step since."""
    until(lambda: len(starts(run)) == starts_so_far and Journal(run).standing[0] > starts(run)[-1][0])


def test_a_training_on_a_cluster_outlives_its_node(cluster: Cluster, tmp_path: Path) -> None:
    with supervised(tmp_path, cluster.address) as (run, supervisor):
        wait_for_steps(run, 1)
        other = prepared_run(run.folder.parent, tmp_path / "uploads")
        with supervisor.changing(other.id):
            ask_to_train(other, ENDLESS)
        until(lambda: status_of(other).notice == Message("cluster.no-room"))
        set_desired_state(other, "paused")
        until(lambda: state_of(other) == "paused")

        set_desired_state(run, "paused")
        until(lambda: state_of(run) == "paused")
        step, seconds = Journal(run).standing
        assert Journal(run).saved_step == step > 0
        set_desired_state(run, "training")
        wait_for_steps(run, 2)
        assert starts(run)[1] == (step, pytest.approx(seconds, abs=5))

        _, trained = Journal(run).standing
        first = next(node for node in cluster.list_all_nodes() if node is not cluster.head_node)
        cluster.add_node(**NODE)
        places = ClusterPlaces(cluster.address)
        places.begin()
        until(lambda: places.count == 2)
        cluster.remove_node(first, allow_graceful=False)
        wait_for_steps(run, 3)
        assert starts(run)[2][0] == step
        assert trained - starts(run)[2][1] < 15

        set_desired_state(run, "finished")
        until(lambda: state_of(run) == "finished")
        assert Journal(run).events()[-1]["early"]
        assert Model.open(run.paths.checkpoint).settings["step"] == Journal(run).saved_step
        assert len(Journal(run).sample_grids()) == status_of(run).sample_grids > 0
