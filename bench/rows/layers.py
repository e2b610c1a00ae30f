"""CreateContainer of images of 1, 10, 100 and 500 layers."""

import sys

import grpc

from comparison.pull_images import DEPTHS, storage
from comparison.recorder import timed
from comparison.row import Row
from comparison.stage import Stage

DEADLINE = 900


def measure(stage: Stage) -> None:
    """A pod, and in it one container after the other; what a runtime cannot mount is told and left out."""
    pod = stage.pods.run()
    for number, depth in enumerate(DEPTHS):
        reference = f"{stage.registries[1].host}/bench/{number}:1"
        try:
            stage.client.PullImage(image={"image": reference}, deadline=DEADLINE)
            # The first mounts what the others stand on.
            pod.create("sleep", "1000000", image=reference)
        except grpc.RpcError as error:
            print(f"{stage.contestant.name}, {depth} layers: {error.details()}", file=sys.stderr)
            continue
        stage.record("CreateContainer", [
            timed(lambda: pod.create("sleep", "1000000", image=reference))[0]
            for _ in range(stage.scale.pods)], at=depth)


ROW = Row("layers", "CreateContainer; the column of pods is the image's number of layers", measure,
          images=lambda scale: storage("deep", "gzip", scale.images))
