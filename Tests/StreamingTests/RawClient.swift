import Glibc
import NIOCore

@testable import Streaming

/// A client over a plain blocking socket. To be used on a thread of its own.
final class RawClient {
    struct Failure: Error {
        var what: String
    }

    private let socket: Int32
    let path: String
    private(set) var unread: [UInt8] = []

    init(_ url: String) throws {
        let parts = url.split(separator: "/", maxSplits: 2)
        let address = parts[1].split(separator: ":")
        path = "/" + parts[2]
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = (UInt16(address[1]) ?? 0).bigEndian
        name.sin_addr.s_addr = inet_addr(String(address[0]))
        let result = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                connect(socket, name, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(socket)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ buffer: ByteBuffer) throws { try send(Array(buffer.readableBytesView)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// - Returns: an empty array at the end.
    func receive() throws -> [UInt8] {
        if !unread.isEmpty {
            defer { unread = [] }
            return unread
        }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failure(what: "recv: \(errno)") }
        return Array(bytes[..<count])
    }

    /// The head of the answer; what stands behind it is read next.
    func receiveHead() throws -> String {
        var bytes: [UInt8] = []
        let mark = Array("\r\n\r\n".utf8)
        while true {
            let more = try receive()
            bytes += more
            let end = bytes.indices.first { bytes[$0...].starts(with: mark) }
            if let end {
                unread = Array(bytes[(end + 4)...])
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            guard !more.isEmpty else { throw Failure(what: "no head") }
        }
    }

    func hangUp() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    func limitSending(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func upgrade(_ fields: [String]) throws -> String {
        try send(
            (["GET \(path) HTTP/1.1", "Host: localhost", "Connection: Upgrade"] + fields)
                .joined(separator: "\r\n") + "\r\n\r\n")
        return try receiveHead()
    }
}

/// The client's side of SPDY.
final class SPDYClient {
    let raw: RawClient
    private var decoder: SPDYDecoder
    private var encoder: SPDYEncoder
    /// What has come on each stream.
    private(set) var received: [UInt32: [UInt8]] = [:]
    private(set) var ended: Set<UInt32> = []

    init(_ raw: RawClient) throws {
        self.raw = raw
        decoder = try SPDYDecoder()
        encoder = try SPDYEncoder()
    }

    func open(_ stream: UInt32, _ headers: [String: String]) throws {
        let headers = headers.map { SPDYHeader(name: $0.key, value: $0.value) }
        try send(.synStream(stream: stream, headers: headers, isLast: false))
    }

    func send(_ frame: SPDYFrame) throws { try raw.send(try encoder.encode(frame)) }

    func write(_ text: String, on stream: UInt32, isLast: Bool = false) throws {
        try send(.data(stream: stream, bytes: ByteBuffer(string: text), isLast: isLast))
    }

    /// Reads until all of `streams` have ended.
    func read(_ streams: Set<UInt32>) throws {
        while !streams.isSubset(of: ended) { try readSome() }
    }

    func readSome() throws {
        let bytes = try raw.receive()
        guard !bytes.isEmpty else { throw RawClient.Failure(what: "closed early") }
        decoder.append(ByteBuffer(bytes: bytes))
        while let frame = try decoder.next() { take(frame) }
    }

    private func take(_ frame: SPDYFrame) {
        switch frame {
        case .data(let stream, let bytes, let isLast):
            received[stream, default: []] += bytes.readableBytesView
            if isLast { ended.insert(stream) }
        case .reset(let stream, _): ended.insert(stream)
        default: break
        }
    }

    func text(_ stream: UInt32) -> String {
        String(decoding: received[stream] ?? [], as: UTF8.self)
    }
}
