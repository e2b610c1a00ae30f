"""The node's own /dev and /sys as volumes: a container sees them whole, and leaves them as they were."""

import os
import stat

import pytest

from harness import cri

pytestmark = pytest.mark.gantry

PLACES = ("/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/null", "/dev/mqueue")


def state():
    """What those places are, and what is mounted on /dev, /sys and below."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = sorted(line.split()[4] for line in file)
    places = {}
    for path in PLACES:
        if os.path.lexists(path):
            found = os.lstat(path)
            link = os.readlink(path) if stat.S_ISLNK(found.st_mode) else None
            places[path] = (found.st_mode, found.st_rdev, found.st_dev, found.st_ino, link)
    return places, [path for path in mounts if path.startswith(("/dev", "/sys"))]


@pytest.mark.parametrize("dev, sys", [("/dev", "/sys"), ("/dev/", "//sys/"), ("/./dev", "/sys/.")])
@pytest.mark.parametrize("privileged", [False, True], ids=["confined", "privileged"])
def test_they_stay_as_they_were(pods, busybox, tmp_path, dev, sys, privileged):
    before = state()
    linux = {"security_context": {
        "privileged": privileged, "namespace_options": {"pid": cri.CONTAINER}}}
    container = pods.run(linux={"security_context": {"privileged": privileged}}).run(
        "sleep 1000", image=busybox, linux=linux, mounts=[
            {"host_path": "/dev", "container_path": dev},
            {"host_path": "/sys", "container_path": sys}])
    assert state() == before
    assert container.output("stat", "-c", "%d %i", "/dev/shm").split() == [
        str(os.stat("/dev/shm").st_dev), str(os.stat("/dev/shm").st_ino)]
    container.stop()
    container.remove()
    assert state() == before
