import Foundation
import Glibc
import Synchronization

/// A web server on loopback that answers as a test says, faults of the connection included.
final class HTTPServer: Sendable {
    struct Request: Sendable {
        var method = ""
        var path = ""
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body = ""
    }

    struct Response: Sendable {
        enum Fault: Sendable {
            /// The connection closes after this many bytes of the body.
            case cut(Int)
            /// After this many bytes nothing more comes, and the connection stays open.
            case stall(Int)
            /// A byte at a time, and a pause after each.
            case drip(milliseconds: UInt32)
            /// Instead of the response the first bytes, and then the others again and again.
            case endless([UInt8], then: [UInt8])
        }
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        var fault: Fault?
    }

    typealias Handler = @Sendable (Request) -> Response

    let port: Int
    private let listener: Int32
    private let handler: Handler
    private let log = Mutex<[Request]>([])
    private let open = Mutex<Set<Int32>>([])

    init(_ handler: @escaping Handler) {
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, 64)
                _ = getsockname(listener, $0, &length)
            }
        }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                guard let self else {
                    _ = close(connection)
                    return
                }
                self.open.withLock { _ = $0.insert(connection) }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    /// Closes everything; stalled connections end.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { $0.forEach { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    var requests: [Request] { log.withLock { $0 } }

    func requests(for path: String) -> [Request] {
        requests.filter { $0.path.hasPrefix(path) }
    }

    private func serve(_ connection: Int32) {
        defer {
            // In one step: the number may be another server's a moment later.
            open.withLock {
                $0.remove(connection)
                close(connection)
            }
        }
        while let request = Self.read(connection) {
            log.withLock { $0.append(request) }
            if !Self.write(handler(request), to: connection) { return }
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix("\r\n\r\n") {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            text.unicodeScalars.append(UnicodeScalar(byte))
        }
        let lines = text.components(separatedBy: "\r\n")
        let words = lines[0].components(separatedBy: " ")
        guard words.count == 3 else { return nil }
        var request = Request(method: words[0], path: words[1])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            request.headers[line[..<colon].lowercased()] = value
        }
        for _ in 0..<(Int(request.headers["content-length"] ?? "") ?? 0) {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            request.body.unicodeScalars.append(UnicodeScalar(byte))
        }
        return request
    }

    /// False when the connection is to be closed.
    private static func write(_ response: Response, to connection: Int32) -> Bool {
        if case .endless(let first, let others) = response.fault {
            var bytes = first
            while send(bytes, to: connection) { bytes = others }
            return false
        }
        var headers = response.headers
        headers["Content-Length"] = headers["Content-Length"] ?? "\(response.body.count)"
        let head = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        var bytes = Array("HTTP/1.1 \(response.status) X\r\n\(head)\r\n".utf8)
        switch response.fault {
        case nil: bytes += response.body
        case .cut(let count), .stall(let count): bytes += response.body.prefix(count)
        case .drip, .endless: break
        }
        guard send(bytes, to: connection) else { return false }
        if case .stall = response.fault {
            var byte: UInt8 = 0
            _ = recv(connection, &byte, 1, 0)
        }
        if case .drip(let pause) = response.fault {
            for byte in response.body {
                if [byte].withUnsafeBytes({
                    Glibc.send(connection, $0.baseAddress, 1, Int32(MSG_NOSIGNAL))
                })
                    != 1
                {
                    return false
                }
                usleep(pause * 1000)
            }
        }
        return response.fault == nil
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
