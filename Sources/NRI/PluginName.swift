internal import Model
internal import Text

/// `NN-NAME`: an index of two digits, by which plugins are ordered, and a name.
struct PluginName: Sendable {
    let index: String
    let base: String

    /// - Throws: `invalidArgument` that says what is wrong.
    init(index: String, base: String) throws {
        guard index.utf8.count == 2, index.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw GantryError(
                .invalidArgument, "the index \"\(index.shortened)\" of a plugin is not two digits")
        }
        // It is printed, compared and part of file names.
        let isName = base.utf8.allSatisfy { (33...126).contains($0) && $0 != 47 && $0 != 44 }
        guard !base.isEmpty, base.utf8.count <= 128, isName else {
            throw GantryError(
                .invalidArgument, "\"\(base.shortened)\" is no name of a plugin")
        }
        self.index = index
        self.base = base
    }

    /// Of a file in the directory of plugins.
    init(file: String) throws {
        guard let (index, base) = file.cut(at: "-") else {
            throw GantryError(.invalidArgument, "\"\(file)\" is not named NN-NAME")
        }
        try self.init(index: String(index), base: String(base))
    }

    var file: String { "\(index)-\(base)" }
}

extension String {
    /// Of a text from outside, what belongs into a message.
    fileprivate var shortened: String { String(decoding: utf8.prefix(64), as: UTF8.self) }
}
