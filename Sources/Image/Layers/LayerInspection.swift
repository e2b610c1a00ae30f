internal import Kernel
internal import System
internal import Text

/// The layers on disk as a look at them shows. Blocks the thread.
public struct LayerInspection: Sendable {
    /// By chain ID.
    public let sound: Set<String>
    /// What stands where a layer should and is none.
    public let broken: Set<String>
    /// What unfinished pulls have left, if none runs now.
    public let staged: [String]
    private let root: String

    public init(root: String) {
        self.root = root
        let names = (try? Files.list("\(root)/layers")) ?? []
        let whole = names.filter { LayerInfo(layer: "\(root)/layers/\($0)") != nil }
        sound = Set(whole.map { "sha256:\($0)" })
        broken = Set(names.map { "sha256:\($0)" }).subtracting(sound)
        staged = (try? Files.list("\(root)/staging")) ?? []
    }

    /// What of a sound layer's files is not as it was unpacked: every file is read.
    /// - Returns: nil when all is, or when nothing was recorded of them.
    public func damage(of chain: String, by workers: ImageWorkers) async -> String? {
        let home = "\(root)/layers/\(chain.cut(at: ":")?.tail ?? "")"
        guard let recorded = LayerInfo(directory: home)?.contents else { return nil }
        do {
            let found = try await workers.lease { try await $0.measure("\(home)/diff") }
            return found == recorded ? nil : "its files are not what was unpacked"
        } catch {
            return "its files cannot be read: \(error)"
        }
    }

    /// Takes from a layer what says that it is whole, so that it counts as missing from the daemon's
    /// next start.
    public func condemn(_ chain: String) throws {
        try Files.remove("\(root)/layers/\(chain.cut(at: ":")?.tail ?? "")/info.json")
    }
}
