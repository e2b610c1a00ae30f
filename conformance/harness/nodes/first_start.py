"""Root and run directories as they are before a daemon's first start."""

import shutil
import subprocess
from pathlib import Path


def clear(directories: list[str]) -> None:
    """Unmounts what is mounted in the directories and removes all that they hold. They go too, but
    for those that the node itself has mounted."""
    for directory in map(Path, directories):
        for target in reversed(_mounted_below(directory)):
            subprocess.run(["umount", "--lazy", target], check=True)
        if directory.is_mount():
            for path in directory.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif directory.exists():
            shutil.rmtree(directory)


def _mounted_below(directory: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    targets = [line.split()[4] for line in lines]
    return [target for target in targets if target.startswith(f"{directory}/")]
