internal import System

/// Asks again where a server has too much to do: 429 and 5xx.
enum SecondAttempts {
    private static let most = 3

    /// - Returns: the first other answer, or the last one.
    static func run(_ ask: () async throws -> HTTPResponse) async throws -> HTTPResponse {
        var response = try await ask()
        for attempt in 1..<most where response.status == 429 || response.status >= 500 {
            try await Alarm.sleep(for: pause(attempt, response.retryAfter))
            response = try await ask()
        }
        return response
    }

    /// Doubles from half a second; a server may ask for up to ten.
    private static func pause(_ attempt: Int, _ retryAfter: Int?) -> Duration {
        if let retryAfter, retryAfter >= 0 { return .seconds(min(retryAfter, 10)) }
        return .milliseconds(250 << attempt)
    }
}
