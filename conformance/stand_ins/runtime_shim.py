"""A shim of the containerd kind, written for these tests alone: the task API, version 3, over ttrpc, with the messages
of Proto/shim.proto, and an OCI runtime below it.

Run as: runtime_shim.py RUNTIME [hidden] [sandbox] [alone] -- -info
        runtime_shim.py RUNTIME [hidden] [sandbox] [alone] -- -namespace NAME -id ID … start|delete

With `hidden` it does as shims with a kernel of their own do: it tells its own process where a container's is asked
for, and numbers that mean nothing on the node for added ones; whoever waits for what was never started waits for
ever; and that memory was short, only its events tell. As Kata's, it does nothing else from CloseIO on until the input
has ended, takes all of a command for all of its container, and its `delete` fails where nothing was made (`uncreatable`
in /run/shims has Create fail); and of a machine that is gone it lives to tell (`unavailable` there).

With `sandbox` it has the sandbox API as well (`shim_sandbox.py`).

With `alone` it does as gVisor's: it has one container, for which it takes any ID, and another shim has the next; it
writes the spec anew, without what is empty; an event that nobody answers ends it; it wants a sandbox's directory of
logs; and Delete does not return for what was never started.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import protos  # noqa: E402
from stand_ins import shim_sandbox, spec_file  # noqa: E402
from stand_ins.shim_cgroup import TaskCgroup  # noqa: E402
from stand_ins.shim_console import Console, ConsoleSocket  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
REQUEST, RESPONSE = 1, 2
#: As gRPC numbers them.
UNKNOWN, NOT_FOUND, FAILED_PRECONDITION, UNIMPLEMENTED, UNAVAILABLE = 2, 5, 9, 12, 14
CREATED, RUNNING, STOPPED, PAUSED = 1, 2, 3, 4
ROOT = Path("/run/gantry/runtimes/stand_in")
UNCREATABLE = Path("/run/shims/uncreatable")
GONE = Path("/run/shims/unavailable")
SHIM, TTRPC = protos.load("shim", "ttrpc")


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def message(kind: str, /, **fields: Any) -> Any:
    """One of the contract's messages."""
    return protos.message(SHIM, kind)(**fields)


class Ends:
    """Takes the ends of all children, and of what their deaths leave to this process."""

    def __init__(self) -> None:
        self._ends: dict[int, tuple[int, int]] = {}
        self._changed = threading.Condition()
        self._started = threading.Semaphore(0)
        threading.Thread(target=self._reap, daemon=True).start()

    def started(self) -> None:
        """There is a child."""
        self._started.release()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                self._started.acquire()
                continue
            code = os.waitstatus_to_exitcode(status)
            with self._changed:
                self._ends[pid] = (code if code >= 0 else 128 - code, time.time_ns())
                self._changed.notify_all()

    def of(self, pid: int) -> tuple[int, int] | None:
        """Exit code and nanoseconds since 1970; None while it lives."""
        with self._changed:
            return self._ends.get(pid)

    def wait(self, pid: int) -> tuple[int, int]:
        """The same, once it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._ends)
            return self._ends[pid]


class Process:
    """A container's first process, or one that was added."""

    def __init__(self, request: Any) -> None:
        self.paths = (request.stdin, request.stdout, request.stderr)
        self.pid, self.status = 0, CREATED
        self.has_terminal = request.terminal
        self.console: Console | None = None
        self.input = 0
        self.cgroup: TaskCgroup | None = None
        self.started = threading.Event()

    def streams(self) -> list[int]:
        """Opened; whoever asked has the other ends open."""
        flags = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
        opened = [os.open(path or os.devnull, flag) for path, flag in zip(self.paths, flags, strict=True)]
        self.input = os.fstat(opened[0]).st_ino if self.paths[0] else 0
        return opened

    def has_writer(self) -> bool:
        """Whether somebody may still write to its input."""
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if link.stat().st_ino == self.input and link.lstat().st_mode & 0o200:
                    return True
            except OSError:
                pass
        return False


class Shim:
    """The tasks of one pod."""

    def __init__(self, runtime: str, place: str, events: str, modes: list[str]) -> None:
        self.runtime, self.place, self.events, self.hides = runtime, place, events, "hidden" in modes
        self.ends, self.is_alone = Ends(), "alone" in modes
        self.sandbox = shim_sandbox.Sandbox(self, message) if "sandbox" in modes else None
        self.bundles: dict[str, str] = {}
        #: By container, and by what was added to it; empty is the first.
        self.processes: dict[tuple[str, str], Process] = {}
        self.lock = threading.RLock()

    # The methods of the task API.

    def Create(self, request: Any) -> Any:
        process = Process(request)
        if UNCREATABLE.exists():
            raise Refusal(UNKNOWN, "a machine cannot be made today")
        if self.is_alone:
            assert not self.bundles, "it has a container"
            spec = spec_file.rewrite(request.bundle)
            if not os.path.isdir(logs := spec["annotations"].get("io.kubernetes.cri.sandbox-log-directory", "/")):
                raise Refusal(UNKNOWN, f"{logs}: no such directory")
        if self.hides:
            self._share_processes(Path(request.bundle) / "config.json")
        pid_file = f"{request.bundle}/stand-in.pid"
        self._run_process(process, ["create", "--bundle", request.bundle, "--pid-file", pid_file], request.id)
        process.pid = int(Path(pid_file).read_text())
        process.cgroup = TaskCgroup(process.pid)
        self.bundles[request.id] = request.bundle
        self.processes[request.id, ""] = process
        return message("CreateTaskResponse", pid=self._told(process))

    def Exec(self, request: Any) -> Any:
        process = Process(request)
        process.spec = json.loads(request.spec.value)
        self.processes[request.id, request.exec_id] = process
        return message("Nothing")

    def Start(self, request: Any) -> Any:
        process = self._found(request)
        if not request.exec_id:
            self._run(["start", request.id])
        else:
            place = f"{self.bundles[request.id]}/{request.exec_id}"
            Path(f"{place}.json").write_text(json.dumps(process.spec))
            self._run_process(
                process, ["exec", "--detach", "--process", f"{place}.json", "--pid-file", f"{place}.pid"], request.id)
            process.pid = int(Path(f"{place}.pid").read_text())
        process.status = RUNNING
        process.started.set()
        return message("StartResponse", pid=self._told(process, request.exec_id))

    def Wait(self, request: Any) -> Any:
        process = self._found(request)
        if self.hides:
            process.started.wait()
        code, at = self.ends.wait(process.pid)
        if process.console:
            process.console.drain()
        if process.cgroup and process.cgroup.has_killed():
            self._tell("/tasks/oom", message("TaskOOM", container_id=request.id))
        if self.is_alone:
            self._tell_exit(request, code)
        return message("WaitResponse", exit_status=code, exited_at=_time(at))

    def State(self, request: Any) -> Any:
        process = self._found(request)
        end = self.ends.of(process.pid)
        code, at = end or (0, 0)
        return message("StateResponse", id=request.id, bundle=self.bundles[request.id],
                       pid=self._told(process, request.exec_id),
                       status=STOPPED if end else process.status, exit_status=code, exited_at=_time(at))

    def Kill(self, request: Any) -> Any:
        process = self._found(request)
        if self.ends.of(process.pid):
            raise Refusal(NOT_FOUND, "the process has ended")
        if request.exec_id and not (self.hides and request.all):
            os.kill(process.pid, request.signal)
        else:
            self._run(["kill", *(["--all"] if request.all else []), request.id, str(request.signal)])
        return message("Nothing")

    def Delete(self, request: Any) -> Any:
        process = self._found(request)
        if self.is_alone and process.status == CREATED and not request.exec_id:
            threading.Event().wait()
        end = self.ends.of(process.pid) if process.pid and process.status != CREATED else (0, 0)
        if end is None:
            raise Refusal(FAILED_PRECONDITION, "the process lives")
        if not request.exec_id:
            self._run(["delete", *(["--force"] if process.status == CREATED else []), request.id])
            del self.bundles[request.id]
        del self.processes[request.id, request.exec_id]
        return message("DeleteResponse", pid=process.pid, exit_status=end[0], exited_at=_time(end[1]))

    def Pids(self, request: Any) -> Any:
        return message("PidsResponse", processes=[
            message("TaskProcess", pid=process.pid)
            for (id, _), process in self.processes.items() if id == request.id])

    def Pause(self, request: Any) -> Any:
        self._run(["pause", request.id])
        self._found(request).status = PAUSED
        return message("Nothing")

    def Resume(self, request: Any) -> Any:
        self._run(["resume", request.id])
        self._found(request).status = RUNNING
        return message("Nothing")

    def Checkpoint(self, request: Any) -> Any:
        if self._found(request).status != PAUSED:
            raise Refusal(FAILED_PRECONDITION, "the task runs")
        if (said := Path("/run/shims/checkpoint")).exists():
            raise Refusal(UNKNOWN, said.read_text())
        (Path(request.path) / "inventory.img").write_text("a stand-in's")
        if request.HasField("options"):
            options = protos.message(SHIM, "RuncCheckpointOptions").FromString(request.options.value)
            assert not options.exit
            (Path(options.work_path) / "dump.log").write_text("a stand-in's\n")
        return message("Nothing")

    def Update(self, request: Any) -> Any:
        limits = Path(f"{self.bundles[request.id]}/limits.json")
        limits.write_bytes(request.resources.value)
        self._run(["update", "--resources", str(limits), request.id])
        return message("Nothing")

    def ResizePty(self, request: Any) -> Any:
        if not (console := self._found(request).console):
            raise Refusal(FAILED_PRECONDITION, "there is no terminal")
        console.resize(request.width, request.height)
        return message("Nothing")

    def Stats(self, request: Any) -> Any:
        cgroup = self._found(request).cgroup
        assert cgroup
        kind, metrics = cgroup.metrics(message)
        return message("StatsResponse", stats=message(
            "TypedMessage", type_url=kind, value=metrics.SerializeToString()))

    def CloseIO(self, request: Any) -> Any:
        """Nobody here holds an input."""
        process = self._found(request)
        while self.hides and process.input and process.has_writer():
            time.sleep(0.01)
        return message("Nothing")

    def Connect(self, request: Any) -> Any:
        return message("ConnectResponse", shim_pid=os.getpid(), task_pid=self._told(self._found(request)))

    # What they stand on.

    def _found(self, request: Any) -> Process:
        key = (request.id, getattr(request, "exec_id", ""))
        if self.is_alone:
            if not self.bundles:
                raise Refusal(FAILED_PRECONDITION, "container must be created")
            key = (next(iter(self.bundles)), key[1])
        if key not in self.processes:
            raise Refusal(NOT_FOUND, f"there is no process {key}")
        return self.processes[key]

    def _told(self, process: Process, exec_id: str = "") -> int:
        """What is said to be the process."""
        if not self.hides:
            return process.pid
        return 1 if exec_id else os.getpid()

    def _share_processes(self, file: Path) -> None:
        """A PID namespace with any path is that of the pod's first container."""
        spec = json.loads(file.read_text())
        shared = f"/proc/{self.sandbox.pid}/ns/pid_for_children" if self.sandbox else ""
        first = next(iter(self.processes.values())).pid if self.processes else pid_of_the_sandbox(spec)
        for namespace in spec["linux"]["namespaces"]:
            if namespace["type"] == "pid" and namespace.get("path"):
                namespace["path"] = shared or f"/proc/{first}/ns/pid"
        file.write_text(json.dumps(spec))

    def _tell_exit(self, request: Any, code: int) -> None:
        """Or ends itself."""
        try:
            self._tell("/tasks/exit", message(
                "TaskExit", container_id=request.id, id=request.exec_id or request.id, exit_status=code))
        except OSError:
            os._exit(2)

    def _tell(self, topic: str, event: Any) -> None:
        """With an event, which is answered before the end is told."""
        call(self.events, "containerd.services.events.ttrpc.v1.Events", "Forward", message(
            "ForwardRequest", envelope=message("EventEnvelope", topic=topic, event=message(
                "TypedMessage", type_url="containerd.events.Task", value=event.SerializeToString()))))

    def _run_process(self, process: Process, words: list[str], id: str) -> None:
        """Runs what makes a process, with its streams."""
        if not process.has_terminal:
            return self._run([*words, id], process.streams())
        console = ConsoleSocket()
        try:
            self._run([*words, "--console-socket", console.path, id])
            process.console = Console(console.receive(), *process.paths[:2])
        finally:
            console.close()

    def _run(self, words: list[str], streams: list[int] | None = None) -> None:
        """Runs the runtime; the process that it leaves behind becomes this one's child."""
        log = Path(f"{self.place}/stand-in-{threading.get_ident()}.log")
        log.unlink(missing_ok=True)
        stdin, stdout, stderr = streams or [subprocess.DEVNULL] * 3
        child = subprocess.Popen(
            command(self.runtime) + ["--log", str(log), "--log-format", "json", *words],
            stdin=stdin, stdout=stdout, stderr=stderr)
        self.ends.started()
        for each in streams or []:
            os.close(each)
        code, _ = self.ends.wait(child.pid)
        if code:
            said = log.read_text().splitlines() if log.exists() else []
            raise Refusal(UNKNOWN, json.loads(said[-1])["msg"] if said else f"{words} ended with {code}")

    # The connections.

    def serve(self, listener: socket.socket) -> None:
        """Until the end of this process."""
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _connection(self, connection: socket.socket) -> None:
        lock = threading.Lock()
        stream = connection.makefile("rb")
        while len(header := stream.read(10)) == 10:
            length, number, kind, _ = struct.unpack(">IIBB", header)
            data = stream.read(length)
            if kind == REQUEST:
                threading.Thread(target=self._answer, args=(connection, lock, number, data),
                                 daemon=True).start()

    def _answer(self, connection: socket.socket, lock: threading.Lock, number: int, data: bytes) -> None:
        request = protos.message(TTRPC, "Request").FromString(data)
        response = protos.message(TTRPC, "Response")()
        try:
            response.payload = self._called(request)
        except Refusal as refusal:
            response.status.code, response.status.message = refusal.code, str(refusal)
        except Exception as error:  # pylint: disable=broad-except
            response.status.code, response.status.message = UNKNOWN, repr(error)
        frame = response.SerializeToString()
        with lock:
            try:
                connection.sendall(struct.pack(">IIBB", len(frame), number, RESPONSE, 0) + frame)
            except OSError:
                pass
        if request.method == "ShutdownSandbox" or (
                request.method == "Shutdown" and not self.processes and not self.sandbox):
            os._exit(0)

    def _called(self, request: Any) -> bytes:
        """The answer of either service."""
        if request.service != shim_sandbox.SERVICE:
            return self._call(request.method, request.payload).SerializeToString()
        if not self.sandbox:
            raise Refusal(UNIMPLEMENTED, f"service {request.service}")
        if request.method in shim_sandbox.told("lacks"):
            raise Refusal(NOT_FOUND, f"/{request.service}/{request.method} is not supported")
        if (answer := shim_sandbox.trouble(request.method)) is not None:
            return answer
        described = SHIM.services_by_name["Sandbox"].methods_by_name[request.method]
        asked = protos.message(SHIM, described.input_type.name).FromString(request.payload)
        return getattr(self.sandbox, request.method)(asked).SerializeToString()

    def _call(self, method: str, payload: bytes) -> Any:
        if method == "Shutdown":
            return message("Nothing")
        known: Callable[[Any], Any] | None = getattr(self, method, None)
        described = SHIM.services_by_name["Task"].methods_by_name.get(method)
        if not known or not described:
            raise Refusal(UNIMPLEMENTED, f"{method} is not there")
        if GONE.exists() and method in ("State", "Kill", "Delete"):
            raise Refusal(UNAVAILABLE, "the machine is gone")
        asked = protos.message(SHIM, described.input_type.name).FromString(payload)
        if not self.hides or method in ("Wait", "Delete"):
            return known(asked)
        with self.lock:
            return known(asked)


def call(path: str, service: str, method: str, payload: Any) -> None:
    """Calls a method at a socket, and waits for the answer, without which there is an OSError."""
    request = protos.message(TTRPC, "Request")(
        service=service, method=method, payload=payload.SerializeToString()).SerializeToString()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(struct.pack(">IIBB", len(request), 1, REQUEST, 0) + request)
        if not connection.recv(4096):
            raise ConnectionError(f"{method} is not answered")


def _time(nanoseconds: int) -> Any:
    return message("Timestamp", seconds=nanoseconds // 10**9, nanos=nanoseconds % 10**9)


def command(runtime: str) -> list[str]:
    """The runtime, with state of its own."""
    ROOT.mkdir(parents=True, exist_ok=True)
    return [runtime, "--root", str(ROOT)]


def group_of(spec: Path) -> str:
    """The sandbox that a container is in; empty where there is no spec."""
    return json.loads(spec.read_text())["annotations"]["io.kubernetes.cri.sandbox-id"] if spec.exists() else ""


def pid_of_the_sandbox(spec: Any) -> int:
    """Of the first container of the pod that another is in, whose shim is another."""
    sandbox = spec["annotations"]["io.kubernetes.cri.sandbox-id"]
    file = Path(f"/run/gantry/pods/{sandbox}/shim/{sandbox}/stand-in.pid")
    return int(file.read_text()) if file.exists() else 0


def start(runtime: str, modes: list[str], id: str, parameters: Any) -> None:
    """Says where the shim of a sandbox, or of one container, is, which it starts unless it is there."""
    group = id if "alone" in modes else group_of(Path.cwd() / "config.json") or id
    path = Path(parameters.socket_dir) / f"{group[:16]}.sock"
    path.parent.mkdir(parents=True, exist_ok=True)
    # From the first pod on, whether there is a container or not.
    ROOT.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as probe:
        is_there = probe.connect_ex(str(path)) == 0
    if not is_there:
        path.unlink(missing_ok=True)
        ready, tell = os.pipe()
        if os.fork() == 0:
            become_a_shim(runtime, modes, parameters.containerd_ttrpc_address, path, tell)
        os.close(tell)
        assert os.read(ready, 1) == b"1"
    print(json.dumps({"version": 3, "address": f"unix://{path}", "protocol": "ttrpc"}))


def become_a_shim(runtime: str, modes: list[str], events: str, path: Path, tell: int) -> None:
    """Does not return."""
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        os.write(tell, b"1")
        os.close(tell)
        Shim(runtime, os.getcwd(), events, modes).serve(listener)
    os._exit(0)


def main() -> None:
    """The command line of a shim."""
    split = sys.argv.index("--")
    runtime, modes, arguments = sys.argv[1], sys.argv[2:split], sys.argv[split + 1:]
    if "-info" in arguments:
        name = "gantry.stand-in.v1" if "hidden" in modes else "io.containerd.runc.v2"
        sys.stdout.buffer.write(message("RuntimeInfo", name=name).SerializeToString())
        return
    id = arguments[arguments.index("-id") + 1]
    if arguments[-1] == "start":
        start(runtime, modes, id, protos.message(SHIM, "BootstrapParams").FromString(sys.stdin.buffer.read()))
    elif UNCREATABLE.exists():
        sys.exit("there is no such sandbox")
    else:
        shim_sandbox.remove(Path.cwd())
        subprocess.run(command(runtime) + ["delete", "--force", id], check=False, capture_output=True)
        answer = message("DeleteResponse", exit_status=137, exited_at=_time(time.time_ns()))
        sys.stdout.buffer.write(answer.SerializeToString())


if __name__ == "__main__":
    main()
