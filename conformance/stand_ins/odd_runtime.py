"""Stands before an OCI runtime and has a command line as others have.

Run as: odd_runtime.py RUNTIME QUIRK… -- ARGUMENT…

    nothing     `features` is no JSON, and what is unknown succeeds
    no-log      takes neither --log nor --log-format
    no-console  its exec takes no --console-socket
    no-update   has no update
    no-pause    has neither pause nor resume
    monitor     the pid file names a monitor, which is the init's parent and ends as the init does (LXC)
    no-init     the same, and state names the monitor too (lxcri)
    elsewhere   has its containers in other cgroups than it was told
    no-all      its kill takes no --all (lxcri)
    gone        its kill fails over what has gone with the container, whose monitor ends half a second later (lxcri)
    rewrites    writes the spec anew before it creates, as NVIDIA's does
    checkpoint  has checkpoint, which writes what CRIU would be in place of; /run/odd/checkpoint says how that goes:
                a message to fail with, or `hang`
    newer       `features` claims what no runtime of Debian 12 has; each spec is kept in /run/odd/specs, and the real
                runtime gets it without that
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stand_ins import spec_file  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
VALUED = {"--root", "--log", "--log-format"}
COMMANDS = {"create", "start", "state", "kill", "delete", "exec", "update", "pause", "resume", "features", "checkpoint"}

split = sys.argv.index("--")
(runtime, *quirks), arguments = sys.argv[1:split], sys.argv[split + 1:]


def refuse(message: str) -> None:
    """Ends as a command line does that does not understand."""
    sys.exit(f"odd: {message}")


def verb(words: list[str]) -> str:
    """The command among the words."""
    rest = iter(words)
    for word in rest:
        if word in VALUED:
            next(rest, "")
        elif not word.startswith("-"):
            return word
    return ""


def root() -> Path:
    """Where the monitors of containers are noted."""
    return Path("/run/odd/monitors")


def create() -> None:
    """Leaves a monitor between the caller and the init."""
    at = arguments.index("--pid-file") + 1
    target = Path(arguments[at])
    inner = Path(f"{target}.init")
    read, write = os.pipe()
    if os.fork() == 0:
        monitor([*arguments[:at], str(inner), *arguments[at + 1:]], inner, write)
    os.close(write)
    answer = os.read(read, 64).decode()
    if not answer.startswith("+"):
        sys.exit(int(answer or 1))
    root().mkdir(exist_ok=True)
    (root() / arguments[-1]).write_text(answer[1:])
    target.write_text(answer[1:])
    sys.exit(0)


def monitor(words: list[str], pid_file: Path, write: int) -> None:
    """Has the runtime create, tells of it, and ends as the init does."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    code = subprocess.call([runtime, *words])
    if code != 0:
        os.write(write, str(code).encode())
        os._exit(code)
    init = int(pid_file.read_text())
    for stream in range(3):
        os.dup2(os.open("/dev/null", os.O_RDWR), stream)
    os.write(write, f"+{os.getpid()}".encode())
    os.close(write)
    _, status = os.waitpid(init, 0)
    while Path("/run/odd/killing").exists():
        time.sleep(0.01)
    ended = os.waitstatus_to_exitcode(status)
    if ended < 0:
        signal.signal(-ended, signal.SIG_DFL) if -ended not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -ended)
    os._exit(ended)


def claims() -> None:
    """The runtime's features where it tells any, and those of the specification's version 1.3."""
    done = subprocess.run([runtime, *arguments], capture_output=True, check=False)
    found = json.loads(done.stdout) if done.returncode == 0 else {"ociVersionMin": "1.0.0"}
    found["ociVersionMax"] = "1.3.0"
    found.setdefault("linux", {}).update(
        intelRdt={"enabled": True}, netDevices={"enabled": True},
        memoryPolicy={"modes": ["MPOL_BIND", "MPOL_INTERLEAVE"], "flags": ["MPOL_F_STATIC_NODES"]})
    print(json.dumps(found))
    sys.exit(0)


def keep_spec() -> None:
    """Keeps the spec of the container that is to be created, and takes out of it what is claimed in vain."""
    at = next(i for i, word in enumerate(arguments) if word in ("--bundle", "-b"))
    config = Path(arguments[at + 1]) / "config.json"
    specs = Path("/run/odd/specs")
    specs.mkdir(exist_ok=True)
    shutil.copy(config, specs / f"{arguments[-1]}.json")
    spec = json.loads(config.read_text())
    spec["ociVersion"] = "1.0.2"
    for name in ("intelRdt", "netDevices", "memoryPolicy"):
        spec["linux"].pop(name, None)
    config.write_text(json.dumps(spec))


def state() -> None:
    """The runtime's, with the monitor in place of the init."""
    done = subprocess.run([runtime, *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode == 0 and (root() / arguments[-1]).exists():
        found = json.loads(done.stdout)
        found["pid"] = int((root() / arguments[-1]).read_text()) if found["pid"] else 0
        done.stdout = json.dumps(found).encode()
    sys.stdout.buffer.write(done.stdout)
    sys.exit(done.returncode)


def checkpoint() -> None:
    """Writes files where CRIU would; the container must be paused then."""
    options = {"--image-path": "", "--work-path": ""}
    rest = iter(arguments[arguments.index("checkpoint") + 1:])
    id = ""
    for word in rest:
        if word in options:
            options[word] = next(rest)
        elif word.startswith("-") and word not in ("--leave-running", "--file-locks"):
            refuse(f"unknown flag: {word}")
        else:
            id = word
    found = subprocess.run(
        [runtime, *arguments[:arguments.index("checkpoint")], "state", id], capture_output=True, check=False)
    if found.returncode != 0:
        sys.exit(f"container {id} does not exist")
    image, work = Path(options["--image-path"]), Path(options["--work-path"])
    (image / "inventory.img").write_text(json.loads(found.stdout)["status"])
    (work / "stats-dump").write_bytes(b"figures")
    said = Path("/run/odd/checkpoint")
    while said.exists() and said.read_text() == "hang":
        Path("/run/odd/hung").touch()
        time.sleep(0.05)
    if said.exists():
        (work / "dump.log").write_text(f"(00.1) going on\n(00.2) Error (criu/x.c:1): {said.read_text()}\n")
        sys.exit("criu failed: type NOTIFY errno 0")
    (work / "dump.log").write_text("(00.1) done\n")
    (image / "pages-1.img").write_bytes(bytes(1 << 20))
    sys.exit(0)


def move_cgroup() -> None:
    """Has the container in a cgroup beside the one that was asked for."""
    config = Path(arguments[next(i for i, word in enumerate(arguments) if word in ("--bundle", "-b")) + 1]) / "config.json"
    spec = json.loads(config.read_text())
    spec["linux"]["cgroupsPath"] += "-elsewhere"
    config.write_text(json.dumps(spec))


command = verb(arguments)
if "nothing" in quirks and "--version" not in arguments:
    if command == "features":
        sys.exit(print("this has features") or 0)
    if command not in COMMANDS:
        sys.exit(0)
if "newer" in quirks and command == "features":
    claims()
if "newer" in quirks and command == "create":
    keep_spec()
if "rewrites" in quirks and command == "create":
    spec_file.rewrite(arguments[arguments.index("--bundle") + 1])
if "no-log" in quirks and {"--log", "--log-format"} & set(arguments):
    refuse("invalid flag in front of the command")
if "no-console" in quirks and command == "exec" and "--console-socket" in arguments:
    refuse("unknown flag: --console-socket")
if "no-update" in quirks and command == "update":
    refuse("unknown command update")
if "no-pause" in quirks and command in ("pause", "resume"):
    refuse(f"unknown command {command}")
if "no-all" in quirks and command == "kill" and "--all" in arguments:
    refuse("flag provided but not defined: -all")
if "gone" in quirks and command == "kill":
    killing = Path("/run/odd/killing")
    killing.touch()
    subprocess.Popen(["sh", "-c", f"sleep 0.5; rm {killing}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([runtime, *arguments], check=True)
    refuse("write /sys/fs/cgroup/x/cgroup.freeze: no such device")
if "elsewhere" in quirks and command == "create":
    move_cgroup()
if {"monitor", "no-init"} & set(quirks) and command == "create":
    create()
if "no-init" in quirks and command == "state":
    state()
if "checkpoint" in quirks and command == "checkpoint":
    checkpoint()
if command == "delete":
    (root() / arguments[-1]).unlink(missing_ok=True)
os.execv(runtime, [runtime, *arguments])
