internal import CYAML
internal import Model

/// libyaml's parser: a document as a row of events.
final class YAMLEvents {
    enum Event {
        /// Of the stream or of a document.
        case begin
        case scalar(String, isPlain: Bool)
        case sequence
        case mapping
        /// Of what began last.
        case end
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeMutableBufferPointer<UInt8>
    /// Files are shallow; a deep one must not use up the stack.
    private static let deepest = 64
    private var depth = 0

    init(_ bytes: [UInt8]) throws {
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw GantryError(.resourceExhausted, "no memory for a YAML parser")
        }
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "no reason"
            throw refusal(problem)
        }
        defer { yaml_event_delete(&event) }
        return try translated(event)
    }

    private func translated(_ event: yaml_event_t) throws -> Event {
        switch event.type {
        case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: return .begin
        case YAML_SCALAR_EVENT: return scalar(event)
        case YAML_SEQUENCE_START_EVENT: return try enter(.sequence)
        case YAML_MAPPING_START_EVENT: return try enter(.mapping)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            depth -= 1
            return .end
        case YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT: return .end
        default: throw refusal("an alias stands there, which is not read")
        }
    }

    private func enter(_ event: Event) throws -> Event {
        depth += 1
        guard depth <= Self.deepest else { throw refusal("it is nested too deeply") }
        return event
    }

    private func scalar(_ event: yaml_event_t) -> Event {
        let scalar = event.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return .scalar(
            String(decoding: bytes, as: UTF8.self),
            isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    }

    func refusal(_ problem: String) -> GantryError {
        GantryError(.invalidArgument, "line \(parser.pointee.mark.line + 1): \(problem)")
    }
}
