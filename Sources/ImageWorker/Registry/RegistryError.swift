internal import FoundationEssentials
internal import Model
internal import Text

/// What a registry's refusal means to a caller of the CRI.
enum RegistryError {
    /// - Parameter doing: what was asked for.
    static func of(_ response: HTTPResponse, _ doing: String) -> GantryError {
        GantryError(code(response.status), "\(doing): HTTP \(response.status)\(reason(response))")
    }

    private static func code(_ status: Int) -> GantryError.Code {
        switch status {
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404, 410: .notFound
        case 429, 500...599: .unavailable
        default: .unknown
        }
    }

    /// distribution-spec, "Error Codes": `{"errors": [{"code": …, "message": …}]}`. It is text from
    /// outside, so it is cut and kept to one line.
    private static func reason(_ response: HTTPResponse) -> String {
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body))
        guard let first = answer?.errors.first else { return "" }
        let text = [first.code, first.message].compactMap { $0 }.joined(separator: ": ")
        let start = text.utf8.prefix(300).filter { !$0.isASCIIControl }
        return " (\(String(decoding: start, as: UTF8.self)))"
    }

    private struct Answer: Decodable {
        struct Item: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Item]
    }
}
