import Archive
import CLinux
import Foundation
import Glibc
import ImageProtocol
import ImageTree
import Model

/// A directory for one test, with something outside the layer that must stay as it is.
final class Sandbox {
    let home: String
    var layer: String { "\(home)/layer" }
    var outside: String { "\(home)/outside" }

    init() throws {
        home = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: layer, withIntermediateDirectories: true)
        try "untouched".write(toFile: outside, atomically: true, encoding: .utf8)
    }

    deinit {
        _ = try? FileManager.default.removeItem(atPath: home)
    }

    /// Unpacks a tar as it is, in pieces of `piece` bytes, on two threads.
    @discardableResult
    func unpack(
        _ bytes: [UInt8], into directory: String? = nil, piece: Int = 1 << 16,
        limits: LayerLimits = LayerLimits(), digest: Digest? = nil, size: UInt64? = nil
    ) async throws -> UnpackedLayer {
        let stream = LayerStream(
            digest: digest ?? Digest(of: bytes), size: size ?? UInt64(bytes.count), limits: limits)
        let target = directory ?? layer
        async let fed: Void = Self.onThread {
            do {
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    let part = bytes[start..<min(start + piece, bytes.count)]
                    try stream.write(part.span.bytes)
                }
                try stream.finish()
            } catch {
                stream.fail(error)
                throw error
            }
        }
        let unpacked = try await Self.onThread { try stream.unpack(into: target, .none) }
        try await fed
        return unpacked
    }

    /// Both ends of a stream block, and tests run on the pool.
    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Foundation.Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }

    func text(_ name: String) -> String? {
        try? String(contentsOfFile: "\(layer)/\(name)", encoding: .utf8)
    }

    func status(_ name: String) -> stat? {
        var status = stat()
        return lstat("\(layer)/\(name)", &status) == 0 ? status : nil
    }

    func link(_ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(layer)/\(name)")
    }

    func isWhiteout(_ name: String) -> Bool {
        guard let status = status(name) else { return false }
        return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
    }

    func attribute(_ key: String, of name: String) -> String? {
        var value = [UInt8](repeating: 0, count: 256)
        let count = getxattr("\(layer)/\(name)", key, &value, value.count)
        return count < 0 ? nil : String(decoding: value[..<count], as: UTF8.self)
    }
}
