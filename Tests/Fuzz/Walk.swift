import Foundation
import Glibc
import Model

/// `fuzz extremes [TARGET…]`: every target reads its good input with each token set to each extreme.
///
/// Each target runs in a child, so that one that ends it costs a line of the report alone.
struct Walk {
    /// Bytes that reading may leave behind, and that it may take meanwhile.
    private static let growth = 16 << 20
    private static let most = 96 << 20

    let program: String
    let targets: [FuzzTarget]

    /// Prints a table; false when something is wrong.
    func run() -> Bool {
        var isGood = true
        var (inputs, wrong) = (0, 0)
        for target in targets {
            let begun = Date.now
            let count = target.extremes.count
            var found = 0
            var start = 0
            while start < count, let failed = child(target, from: start) {
                found += 1
                print(
                    "\(target.name): extreme \(failed) ends the program: fuzz extreme \(target.name) \(failed)"
                )
                start = failed + 1
            }
            print(
                "\(target.name.padding(toLength: 16, withPad: " ", startingAt: 0)) \(count) inputs, \(found) wrong, \(Int(Date.now.timeIntervalSince(begun))) s"
            )
            inputs += count
            wrong += found
            isGood = isGood && found == 0
        }
        print(
            "\("all".padding(toLength: 16, withPad: " ", startingAt: 0)) \(inputs) inputs, \(wrong) wrong"
        )
        return isGood
    }

    /// The extreme at which a child ended; nil when it got through.
    private func child(_ target: FuzzTarget, from start: Int) -> Int? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["walk", target.name, String(start)]
        process.standardOutput = output
        do { try process.run() } catch { fatalError("cannot run \(program): \(error)") }
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus == 0, process.terminationReason == .exit { return nil }
        return max(start, start + said.count - 1)
    }

    /// In the child: a byte for each extreme that is begun.
    static func walk(_ target: FuzzTarget, from start: Int) {
        let extremes = target.extremes
        for seed in target.seeds { target.read(seed) }
        Heap.watch()
        let before = Heap.bytes
        for input in extremes[min(start, extremes.count)...] {
            write(1, ".", 1)
            alarm(20)
            Heap.beginPeak()
            target.read(input)
            let most = Heap.peak - before
            guard most < Self.most else { fatalError("\(most >> 20) MiB at once") }
        }
        alarm(0)
        let more = Heap.bytes - before
        guard more < growth else { fatalError("\(more >> 20) MiB more") }
    }
}

extension FuzzTarget {
    /// Of tars the headers, of everything else the tokens; of what is no document, every place as well.
    var extremes: [[UInt8]] {
        seeds.flatMap { seed in
            switch form {
            case .tar: TarExtremes.variants(of: seed)
            case .document: Extremes.variants(of: seed)
            case nil: Extremes.variants(of: seed) + BinaryExtremes.variants(of: seed)
            }
        }
    }

    /// Takes it or refuses it; nothing else may come of it.
    func read(_ input: [UInt8]) {
        do { try run(input) } catch is GantryError {} catch {
            fatalError("not a GantryError: \(error)")
        }
    }
}
