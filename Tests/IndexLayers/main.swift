// index-layers FILE TAR...: writes the index of an image whose layers are these tars, the lowest first, and
// says how many files it has, its size in bytes and its digest. For conformance/tests/images/test_erofs.py.
import Archive
import EROFS
import Glibc
import Kernel

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count > 1 else { throw SystemError("index-layers FILE TAR...", errno: EINVAL) }
    let layers = try arguments.dropFirst().map { try FilePart(whole: try Files.open($0), $0) }
    let index = try LayerIndex.make(
        layers, tags: layers.map { Array($0.name.utf8.suffix(64)) }, identity: Array(1...16))
    let file = try Files.open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC)
    let digest = try IndexFile(index, over: layers).write(to: file)
    print(index.inodes, index.bytes.count, index.size, digest)
} catch {
    try? Files.write("index-layers: \(error)\n", to: "/dev/stderr")
    exit(1)
}
