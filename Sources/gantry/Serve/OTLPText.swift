internal import FoundationEssentials
internal import Model
internal import Service
internal import System
internal import Text

/// Operations as an OTLP request in JSON: IDs in hexadecimal, 64-bit numbers as texts
/// (opentelemetry-proto, ExportTraceServiceRequest).
struct OTLPText {
    let host: String

    /// SPAN_KIND_INTERNAL, SPAN_KIND_SERVER; STATUS_CODE_ERROR.
    private static let (inner, server, error): (Int64, Int64, Int64) = (1, 2, 2)

    func body(of operations: [FinishedOperation]) throws -> [UInt8] {
        let resource = Self.attributes([
            ("service.name", "gantry"), ("service.version", Release.version), ("host.name", host),
        ])
        let scope = JSONValue.object([
            "name": .string("gantry"), "version": .string(Release.version),
        ])
        let value = JSONValue.object([
            "resourceSpans": .array([
                .object([
                    "resource": .object(["attributes": resource]),
                    "scopeSpans": .array([
                        .object([
                            "scope": scope, "spans": .array(operations.flatMap(Self.spans)),
                        ])
                    ]),
                ])
            ])
        ])
        return Array(try JSONEncoder().encode(value))
    }

    private static func spans(_ operation: FinishedOperation) -> [JSONValue] {
        let root = TraceParent.freshSpan()
        let ids = operation.steps.map { _ in TraceParent.freshSpan() }
        let (namespace, pod) = operation.pod.cut(at: "/") ?? ("", "")
        let whole = span(
            operation, root, above: operation.context.span, operation.name, server,
            start: 0, duration: operation.duration, failed: operation.failed,
            attributes([
                ("k8s.namespace.name", String(namespace)), ("k8s.pod.name", String(pod)),
                ("k8s.pod.uid", operation.uid), ("gantry.sandbox", operation.sandbox),
                ("gantry.subject", operation.subject),
            ]))
        let steps = zip(operation.steps, ids).map { step, id in
            span(
                operation, id, above: step.parent.map { ids[$0] } ?? root, step.name, inner,
                start: Self.nanoseconds(step.start),
                // One that goes on has outlived its operation.
                duration: step.duration.map(Self.nanoseconds)
                    ?? max(0, operation.duration - Self.nanoseconds(step.start)),
                failed: step.failed, attributes([]))
        }
        return [whole] + steps
    }

    private static func span(
        _ operation: FinishedOperation, _ id: String, above: String?, _ name: String,
        _ kind: Int64, start: Int64, duration: Int64, failed: Bool, _ attributes: JSONValue
    ) -> JSONValue {
        let begin = operation.startedAt &+ start
        return .object([
            "traceId": .string(operation.context.trace), "spanId": .string(id),
            "parentSpanId": .string(above ?? ""), "name": .string(name), "kind": .integer(kind),
            "startTimeUnixNano": .string("\(begin)"),
            "endTimeUnixNano": .string("\(begin &+ duration)"), "attributes": attributes,
            "status": .object(failed ? ["code": .integer(error)] : [:]),
        ])
    }

    /// Those that have a value.
    private static func attributes(_ pairs: [(String, String)]) -> JSONValue {
        .array(
            pairs.filter { !$0.1.isEmpty }.map { key, value in
                .object([
                    "key": .string(key), "value": .object(["stringValue": .string(value)]),
                ])
            })
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000_000
            + duration.components.attoseconds / 1_000_000_000
    }
}
