import Foundation
import ImageProtocol
import Model

@testable import ImageWorker

/// What token servers answer, and headers that say something in numbers.
extension FuzzTarget {
    static let answers = FuzzTarget(
        "answers",
        seeds: [
            #"{"token":"abc","access_token":"","expires_in":300,"issued_at":"2026-11-26T00:00:00Z"}"#,
            #"{"access_token":"abc","expires_in":"60"}"#,
            "bytes 0-499/1234", "bytes 5-5/*",
            #"Bearer realm="http://a/t?x=1",service="b",scope="c""#,
        ], words: json + ["token", "access_token", "expires_in", "bytes ", "-", "/", "*", "realm="]
    ) { input in
        if let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(input)) {
            demand((60...86400).contains(answer.life), "a life of \(answer.life) s")
            let key = TokenCache.Key(
                realm: "http://a", service: "", scope: input.text, credentials: .none)
            let cache = TokenCache()
            cache.keep(answer.token ?? "", for: answer.life, key)
            _ = cache.find(key)
        }
        if let range = ContentRange(input.text) {
            demand(range.first <= range.last, "a range that ends before it begins")
            _ = range.answers(range.first..<range.last, of: range.total ?? .max)
        }
        for challenge in Challenge.parse(input.text) {
            _ = challenge.parameters["realm"].map(printable)
        }
    }
}
