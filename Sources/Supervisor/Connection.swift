internal import CLinux
internal import Glibc
internal import Kernel
internal import MonitorProtocol

/// A daemon that is connected. Its going away means nothing to the pod.
final class Connection: EventSource {
    private let socket: Descriptor
    private unowned let loop: EventLoop

    init(_ socket: Int32, _ loop: EventLoop) {
        self.socket = Descriptor(owning: socket)
        self.loop = loop
    }

    var descriptor: Int32 { socket.raw }

    func ready() -> Bool {
        let buffer = loop.buffers.input
        var passed: Int32 = -1
        let count = gantry_receive_with_descriptor(
            socket.raw, buffer.baseAddress, buffer.count, &passed)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        let descriptor: Descriptor? = passed >= 0 ? Descriptor(owning: passed) : nil
        guard count > 0 else { return false }
        let packet = Array(buffer[..<count])
        do throws(MalformedMessage) {
            let (serial, request) = try Request.decode(packet)
            serve(request, serial, descriptor)
            return true
        } catch {
            Supervisor.warn("a request is malformed: \(error.reason)")
            return refuse(error, packet)
        }
    }

    /// A newer daemon may ask for what this monitor does not know; what has no serial is no request,
    /// and ends the connection.
    private func refuse(_ error: MalformedMessage, _ packet: [UInt8]) -> Bool {
        guard let serial = Request.serial(of: packet) else { return false }
        send(.failed("the monitor does not understand: \(error.reason)"), serial: serial)
        return true
    }

    private func serve(
        _ request: Request, _ serial: UInt32, _ descriptor: consuming Descriptor?
    ) {
        // A process whose end others have seen already may not count as living here.
        Children.reap(for: loop.containers)
        switch request {
        case .namespaces(let request):
            reply(serial) {
                try Namespaces.pin(request)
                self.loop.home.leave(for: request)
            }
        case .create(let request):
            loop.containers.create(request) { [weak self] in self?.send($0, serial: serial) }
        case .start(let id):
            loop.containers.start(id) { [weak self] in self?.send($0, serial: serial) }
        case .initProcess(let id, let pid):
            reply(serial) { try self.loop.containers.note(initProcess: pid, of: id) }
        case .watch(let id, let pid):
            reply(serial) { try self.loop.containers.watch(id, pid: pid) }
        case .reopenLog(let id): reply(serial) { try self.loop.containers.reopenLog(of: id) }
        case .takeEvents(let path): reply(serial) { try self.loop.takeEvents(path) }
        case .list: send(.containers(loop.containers.states), serial: serial)
        case .forget(let id):
            loop.containers.forget(id) { [weak self] in self?.send($0, serial: serial) }
        case .attach(let stream):
            send(loop.containers.attach(stream, descriptor), serial: serial)
        case .resize(let id, let width, let height):
            reply(serial) {
                try self.loop.containers.resize(id, width: width, height: height)
            }
        case .shutdown: shutdown(serial)
        }
    }

    private func reply(_ serial: UInt32, _ body: () throws -> Void) {
        do {
            try body()
            send(.done, serial: serial)
        } catch {
            send(.failed("\(error)"), serial: serial)
        }
    }

    private func shutdown(_ serial: UInt32) {
        guard loop.containers.living == 0 else {
            return send(.failed("\(loop.containers.living) containers live"), serial: serial)
        }
        send(.done, serial: serial)
        loop.stop()
    }

    /// A daemon that does not read is cut off: it will connect again and ask for the list.
    func send(_ reply: Reply, serial: UInt32) {
        let packet = reply.encoded(serial: serial)
        if Glibc.send(socket.raw, packet, packet.count, Int32(MSG_NOSIGNAL)) < 0 {
            Glibc.shutdown(socket.raw, Int32(SHUT_RDWR))
        }
    }
}
