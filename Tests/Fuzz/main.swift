import Foundation
import Glibc
import Model

// fuzz list | fuzz TARGET DIRECTORY [options of libFuzzer]: looks for input on which a target crashes,
// hangs or throws what is no `GantryError`. The directory is the corpus, which is kept and grows.
// fuzz extremes [TARGET…]: the same with each extreme in each place of good input, once.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { fatalError("cannot write \(path)") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

private let given = CommandLine.arguments
if given.count > 1, given[1] == "extremes" {
    let chosen = FuzzTarget.all.filter { given.count == 2 || given[2...].contains($0.name) }
    exit(Walk(program: given[0], targets: chosen).run() ? 0 : 1)
}
if given.count == 4, let target = FuzzTarget.all.first(where: { $0.name == given[2] }),
    let number = Int(given[3])
{
    switch given[1] {
    case "walk":
        Walk.walk(target, from: number)
        exit(0)
    case "extreme":
        FileHandle.standardOutput.write(Data(target.extremes[number]))
        target.read(target.extremes[number])
        exit(0)
    default: break
    }
}
guard given.count > 2, let chosen = FuzzTarget.all.first(where: { $0.name == given[1] }) else {
    for target in FuzzTarget.all { print(target.name) }
    exit(given.count == 2 && given[1] == "list" ? 0 : 2)
}
private let target = chosen
FuzzTarget.chosen = target
private let corpus = given[2]
for (index, seed) in target.seeds.enumerated() { write(seed, to: "\(corpus)/seed-\(index)") }

/// As libFuzzer reads dictionaries: a quoted word a line, and none that is empty.
private func hex(_ byte: UInt8) -> String { "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))" }
private let words = (target.words + Extremes.words).filter { !$0.isEmpty }
private let dictionary = words.map { word in "\"\(word.utf8.map(hex).joined())\"\n" }
write(Array(dictionary.joined().utf8), to: "\(corpus).words")

private let options = [given[0], corpus, "-dict=\(corpus).words"] + given.dropFirst(3)
private var count = CInt(options.count)
private let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
    capacity: options.count + 1)
copies.initialize(repeating: nil, count: options.count + 1)
for (index, option) in options.enumerated() { copies[index] = strdup(option) }
private var arguments = copies
exit(
    runDriver(&count, &arguments) { bytes, size in
        let input = Array(UnsafeBufferPointer(start: bytes, count: size))
        do { try target.run(input) } catch is GantryError {} catch {
            fatalError("not a GantryError: \(error)")
        }
        return 0
    })
