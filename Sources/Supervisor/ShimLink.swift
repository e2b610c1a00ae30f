internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A shim's socket, over which it answers when a container has ended. When the shim itself ends nobody
/// is left to tell: then the container is killed.
final class ShimLink: EventSource {
    private let socket: Descriptor
    /// The container's process, held so that its number cannot come to mean another.
    private let process: Int32
    private let owner: Descriptor?
    private var received: [UInt8] = []
    /// Not sent yet: that the input has ended.
    private var closing: [UInt8]?
    /// Told once.
    var ended: ((Int32) -> Void)?

    /// Bytes of an answer to Wait.
    private static let largest = 64 << 10

    init(
        _ task: ShimTask, _ container: String, pid: Int32, hasInput: Bool
    ) throws(SystemError) {
        let path = task.socket
        socket = Descriptor(owning: try syscall("connect", path) { gantry_unix_connect(path, 1) })
        process = pid > 1 ? gantry_pidfd_open(pid) : -1
        owner = process >= 0 ? Descriptor(owning: process) : nil
        let calls = ShimCall.wait(for: container).frame(stream: 1, version: task.version)
        closing =
            hasInput
            ? ShimCall.closeInput(of: container).frame(stream: 3, version: task.version) : nil
        try syscall("send", path) {
            Glibc.send(socket.raw, calls, calls.count, Int32(MSG_NOSIGNAL))
        }
    }

    var descriptor: Int32 { socket.raw }

    /// The shim holds the input open for itself, and is told when ours has ended: Kata's does nothing else
    /// from then on until it has.
    func closeInput() {
        guard let call = closing else { return }
        closing = nil
        _ = Glibc.send(socket.raw, call, call.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    func ready() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket.raw, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return true }
        guard count > 0, received.count < Self.largest else {
            kill()
            tell(128 + SIGKILL)
            return false
        }
        received += bytes[..<count]
        while let answer = ShimAnswer(&received) {
            if answer.stream == 1 {
                tell(answer.exitCode)
                return false
            }
        }
        return true
    }

    /// The end that is on its way when others know of it already.
    func takeEnd() {
        var entry = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
        while ended != nil, poll(&entry, 1, 200) > 0, ready() {}
    }

    private func kill() {
        if process >= 0 { gantry_pidfd_send_signal(process, SIGKILL) }
    }

    private func tell(_ code: Int32) {
        let ended = self.ended
        self.ended = nil
        ended?(code)
    }
}
