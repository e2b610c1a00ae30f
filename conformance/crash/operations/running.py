"""What is asked of a running container: ExecSync, ReopenContainerLog, UpdateContainerResources, CheckpointContainer."""

import json
from pathlib import Path

from harness import checkpoints, crilog
from harness.cgroups import Cgroup
from harness.wait import wait_until

from ..counts import expect
from .operation import RUNNING, Operation


class ExecSync(Operation):
    """The container runs on, and a retry runs the program once more."""

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        response = self.client.ExecSync(
            container_id=self.world.container.id, cmd=["sh", "-c", "echo hello; exit 4"],
            timeout=5, deadline=deadline)
        assert (response.stdout, response.exit_code) == (b"hello\n", 4), response

    def survived(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}

    def done(self) -> None:
        self.survived()
        left = [*Path("/run/gantry/scratch").iterdir()]
        assert not left, f"left of an exec: {left}"


class ReopenContainerLog(Operation):
    """The log goes on in the old file or in a new one, and after the retry in a new one."""

    def prepare(self) -> None:
        self.world.running()
        self.world.container.logged("up")
        self.world.container.log.rename(f"{self.world.container.log}.1")

    def call(self, deadline: float = 30) -> None:
        self.client.ReopenContainerLog(
            container_id=self.world.container.id, deadline=deadline)

    def survived(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}

    def done(self) -> None:
        log = self.world.container.log
        size = log.stat().st_size
        wait_until(lambda: log.stat().st_size > size and "up" in crilog.text(log, "stdout"),
                   "the log goes on")


class UpdateContainerResources(Operation):
    """Cgroup, spec and record have the old limits or the new ones, all three the same."""

    OLD, NEW = (512, 64 << 20), (300, 80 << 20)

    def prepare(self) -> None:
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        shares, memory = self.NEW
        self.client.UpdateContainerResources(
            container_id=self.world.container.id, deadline=deadline,
            linux={"cpu_shares": shares, "memory_limit_in_bytes": memory})

    def survived(self) -> None:
        assert self._record() in (self.OLD, self.NEW), self._record()
        assert self._record()[1] == self._cgroup(), (self._record(), self._cgroup())

    def done(self) -> None:
        assert self._record() == self.NEW and self._cgroup() == self.NEW[1]
        expect(1, 1)

    def _record(self) -> tuple[int, int]:
        linux = self.world.container.status.resources.linux
        return linux.cpu_shares, linux.memory_limit_in_bytes

    def _cgroup(self) -> int:
        """The memory limit as the container sees it; and the spec's must be the same."""
        info = json.loads(self.client.ContainerStatus(
            container_id=self.world.container.id, verbose=True).info["info"])
        cgroup = Cgroup(info["pid"])
        name = "memory.limit_in_bytes" if cgroup.first_version else "memory.max"
        limit = int(cgroup.read("memory", name))
        assert info["runtimeSpec"]["linux"]["resources"]["memory"]["limit"] == limit
        return limit


class CheckpointContainer(Operation):
    """The container runs on, and its archive is whole or not there; after the retry it is there."""

    ARCHIVE = checkpoints.DIRECTORY / "crash.tar"

    def prepare(self) -> None:
        self.ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
        self.ARCHIVE.unlink(missing_ok=True)
        self.world.running()

    def call(self, deadline: float = 30) -> None:
        self.client.CheckpointContainer(
            container_id=self.world.container.id, location=str(self.ARCHIVE), deadline=deadline)

    def survived(self) -> None:
        assert self.world.containers() == {self.world.container.id: RUNNING}
        log = self.world.container.log
        size = log.stat().st_size
        wait_until(lambda: log.stat().st_size > size, "the container runs on")
        assert not [path for path in self.ARCHIVE.parent.iterdir() if path != self.ARCHIVE]
        if self.ARCHIVE.exists():
            self.done()

    def done(self) -> None:
        names = checkpoints.Archive(self.ARCHIVE).names
        assert {"checkpoint/pages-1.img", "rootfs-diff.tar", "status.dump"} < set(names), names
