internal import Glibc
internal import Kernel
internal import System

func temporaryDirectory() throws -> String {
    var template = Array("/tmp/gantry-test-XXXXXX".utf8CString)
    let isMade = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) } != nil
    }
    guard isMade else { throw SystemError("mkdtemp", errno: errno) }
    return String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
}

func removeTree(_ path: String) async throws {
    try await Trees.remove(path)
}

func makeSymlink(_ target: String, _ path: String) throws {
    try syscall("symlink", path) { symlink(target, path) }
}

func makeFifo(_ path: String) throws {
    try syscall("mkfifo", path) { mkfifo(path, 0o600) }
}

/// All that is written to a FIFO until its last writer is gone.
func readFifo(_ path: String) async throws -> String {
    try await Blocking.run {
        // Waits for a writer, which `Files.read` never does.
        let fifo = try Files.open(path)
        return String(decoding: try Files.readToEnd(fifo, path), as: UTF8.self)
    }
}
