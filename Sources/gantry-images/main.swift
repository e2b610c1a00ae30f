internal import Dispatch
internal import Glibc
internal import ImageProtocol
internal import ImageWorker
internal import Kernel

// gantry-images BYTES PROCESSORS USER: does what the daemon, which starts it, asks over the socket
// that it has as descriptor 3.
guard let confinement = Confinement(arguments: CommandLine.arguments) else {
    print("gantry-images is started by gantry, and by nobody else")
    exit(2)
}
signal(SIGPIPE, SIG_IGN)
// First of all, while there is one thread: what it gives away, it gives away for that thread and those
// that come of it. An asynchronous `main` has others from its beginning.
private let missing = confinement.enter()
private let server = ImageServer(FrameSocket(OpenFile(Descriptor(owning: 3))))
private let ended = DispatchSemaphore(value: 0)
Task.detached { [server, missing, ended] in
    // Without a thread it ends before it was ready, and the daemon tells that of the pull.
    try? await server.run(missing: missing)
    ended.signal()
}
// The main thread waits here: leaving it to libdispatch would have it wait in sigsuspend(2).
ended.wait()
exit(0)
