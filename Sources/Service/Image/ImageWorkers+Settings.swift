internal import FoundationEssentials
internal import Image
internal import Kernel
internal import Logging
internal import Synchronization

extension ImageWorkers {
    /// The processes that handle images, as the settings have them.
    /// - Parameter log: told once what the node cannot do to confine them.
    convenience init(_ settings: Settings, log: Logger) {
        let said = Said()
        self.init(
            WorkerProgram(
                path: settings.imagesProgram, memory: settings.imageMemory,
                processors: settings.imageProcessors,
                environment: ProcessInfo.processInfo.environment
            ) { missing in
                for part in missing where said.first(part) {
                    log.warning("the process that handles images goes without \(part)")
                }
            }, idleTime: .clamped(seconds: Int64(settings.imageIdle)))
    }
}

/// Texts that were said already.
private final class Said: Sendable {
    private let texts = Mutex<Set<String>>([])

    func first(_ text: String) -> Bool { texts.withLock { $0.insert(text).inserted } }
}
