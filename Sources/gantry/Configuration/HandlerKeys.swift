internal import OCI
internal import TOML

/// A key of `[runtimes.NAME]`: where its value goes, and what it is for.
struct HandlerKey {
    enum Value {
        case text(WritableKeyPath<Handler, String>)
        case texts(WritableKeyPath<Handler, [String]>)
        case flag(WritableKeyPath<Handler, Bool>)
    }

    let name: String
    let value: Value
    let summary: String

    static var all: [HandlerKey] {
        [
            HandlerKey(
                name: "path", value: .text(\.path),
                summary: "Path of the runtime's program; required."),
            HandlerKey(
                name: "root", value: .text(\.root),
                summary: "Directory of the runtime's own state, its --root."),
            HandlerKey(
                name: "infra", value: .flag(\.infra),
                summary: "Run an infra container first in each pod, as sandboxed runtimes need."),
            HandlerKey(
                name: "arguments", value: .texts(\.extraArguments),
                summary: "Global arguments of the runtime, such as --platform=ptrace."),
            HandlerKey(
                name: "allowed_annotations", value: .texts(\.allowedAnnotations),
                summary: "Annotations that are passed to the runtime; a final * matches any rest."),
        ]
    }

    /// Takes the value of a section, where it has one.
    func read(_ section: TOMLSection, into handler: inout Handler) throws {
        switch value {
        case .text(let path):
            if let text = try section.string(name) { handler[keyPath: path] = text }
        case .texts(let path):
            if let texts = try section.strings(name) { handler[keyPath: path] = texts }
        case .flag(let path):
            if let flag = try section.bool(name) { handler[keyPath: path] = flag }
        }
    }

    func text(_ handler: Handler) -> String {
        switch value {
        case .text(let path): TOMLText.quoted(handler[keyPath: path])
        case .texts(let path): TOMLText.list(handler[keyPath: path])
        case .flag(let path): "\(handler[keyPath: path])"
        }
    }
}
