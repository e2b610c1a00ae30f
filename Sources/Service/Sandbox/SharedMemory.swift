internal import Kernel
internal import Model
internal import OCI
internal import Text

/// The size of a pod's /dev/shm: its annotation's where the handler allows that, else `shm_size`.
struct SharedMemory {
    /// CRI-O's name for it, which manifests have already.
    static let annotation = "io.kubernetes.cri-o.ShmSize"

    let bytes: Int

    /// - Throws: `invalidArgument` for an annotation that is no size.
    init(_ config: PodSandboxConfig, _ handler: Handler, _ settings: Settings) throws {
        guard handler.allows(annotation: Self.annotation),
            let text = config.annotations[Self.annotation]
        else {
            bytes = settings.sharedMemory
            return
        }
        guard let size = Self.bytes(of: text), size > 0 else {
            throw GantryError(
                .invalidArgument,
                "annotation \(Self.annotation): \"\(text)\" is no size, such as 128Mi")
        }
        bytes = size
    }

    /// A whole number, and a unit to the base of 1024: `128Mi`, `128m`, `128MB` are the same.
    static func bytes(of text: String) -> Int? {
        let digits = text.head { $0.isASCIIDigit }
        guard let number = Int(digits) else { return nil }
        var unit = text[digits.endIndex...].lowercasedASCII[...]
        unit = unit.removing(suffix: "b") ?? unit
        unit = unit.removing(suffix: "i") ?? unit
        let shifts = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]
        guard let shift = shifts[String(unit)] else { return nil }
        let (product, overflows) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflows ? nil : product
    }
}
