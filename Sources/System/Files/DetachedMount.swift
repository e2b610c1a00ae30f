internal import CLinux
internal import Glibc
public import Kernel

/// A mount that stands at no path: the node's mount table does not know it, and it goes with its last
/// descriptor, unless something else has been mounted over it. (fsopen(2), fsmount(2); as a layer of
/// overlay since Linux 6.15.)
public struct DetachedMount: ~Copyable, Sendable {
    /// The mount's root directory.
    public let descriptor: Descriptor

    /// What a file system is mounted with.
    public enum Parameter {
        case flag(String)
        case text(String, String)
        /// An open file or directory, valid during the call.
        case descriptor(String, Int32)
    }

    /// What may not be done in it.
    public struct Restrictions: OptionSet, Sendable {
        public let rawValue: UInt

        public init(rawValue: UInt) {
            self.rawValue = rawValue
        }

        public static let readOnly = Restrictions(rawValue: GANTRY_MOUNT_RDONLY)
        public static let noSuid = Restrictions(rawValue: GANTRY_MOUNT_NOSUID)
        public static let noDev = Restrictions(rawValue: GANTRY_MOUNT_NODEV)
    }

    private init(owning descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// - Throws: `SystemError`, with what the kernel says of it.
    public init(
        type: String, _ parameters: [Parameter], _ restrictions: Restrictions = []
    ) throws(SystemError) {
        var why = [CChar](repeating: 0, count: 1024)
        let result = Self.withKernelParameters(parameters) { parameters in
            gantry_mount_detached(
                type, parameters.baseAddress, parameters.count, restrictions.rawValue, &why,
                why.count)
        }
        let number = errno
        guard result >= 0 else {
            throw SystemError("mount", Self.subject(type, why), errno: number)
        }
        descriptor = Descriptor(owning: result)
    }

    /// The kernel's messages are lines that begin with their level.
    private static func subject(_ type: String, _ why: [CChar]) -> String {
        let bytes = why.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0.dropFirst(2), as: UTF8.self)
        }
        return ([type] + lines).joined(separator: ": ")
    }

    private static func withKernelParameters<Result>(
        _ parameters: [Parameter],
        _ body: (UnsafeBufferPointer<gantry_parameter>) -> Result
    ) -> Result {
        var texts: [UnsafeMutablePointer<CChar>?] = []
        defer { texts.forEach { free($0) } }
        func copy(_ text: String) -> UnsafePointer<CChar>? {
            texts.append(strdup(text))
            return UnsafePointer(texts[texts.count - 1])
        }
        let list = parameters.map { parameter in
            switch parameter {
            case .flag(let key):
                gantry_parameter(key: copy(key), value: nil, descriptor: -1)
            case .text(let key, let value):
                gantry_parameter(key: copy(key), value: copy(value), descriptor: -1)
            case .descriptor(let key, let number):
                gantry_parameter(key: copy(key), value: nil, descriptor: number)
            }
        }
        return list.withUnsafeBufferPointer(body)
    }

    /// The same mount once more.
    /// - Parameter userNamespace: whose IDs its files get.
    public func clone(userNamespace: borrowing Descriptor) throws(SystemError) -> DetachedMount {
        try clone(userNamespace: userNamespace.raw)
    }

    public func clone() throws(SystemError) -> DetachedMount {
        try clone(userNamespace: -1)
    }

    private func clone(userNamespace: Int32) throws(SystemError) -> DetachedMount {
        let number = descriptor.raw
        return DetachedMount(
            owning: Descriptor(
                owning: try syscall("clone a mount") {
                    gantry_clone_mount(number, userNamespace)
                }))
    }

    /// Gives it a place, where it stays until it is unmounted.
    public consuming func attach(to target: String) throws(SystemError) {
        let number = descriptor.raw
        try syscall("move_mount", target) { gantry_attach_mount(number, target) }
    }
}
