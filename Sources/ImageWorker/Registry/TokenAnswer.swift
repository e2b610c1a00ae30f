internal import FoundationEssentials
internal import Kernel

/// What a token server answers (distribution-spec's token authentication, "Token Response Fields"), read
/// as loosely as docker does: servers send one field empty beside the other, and numbers as text.
struct TokenAnswer: Decodable {
    /// Nil when there is none, or an empty one.
    let token: String?
    /// Seconds.
    let life: Int

    /// The specification's least, which also counts where nothing is said.
    static let shortestLife = 60
    private static let longestLife = 86400

    private enum CodingKeys: String, CodingKey {
        case token, access_token, expires_in
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let tokens = [CodingKeys.token, .access_token].compactMap { key in
            try? fields.decode(String.self, forKey: key)
        }
        token = tokens.first { !$0.isEmpty }
        let life = Self.seconds(fields) ?? Double(Self.shortestLife)
        self.life = min(max(Int(clamping: life), Self.shortestLife), Self.longestLife)
    }

    private static func seconds(_ fields: KeyedDecodingContainer<CodingKeys>) -> Double? {
        if let text = try? fields.decode(String.self, forKey: .expires_in) { return Double(text) }
        return try? fields.decode(Double.self, forKey: .expires_in)
    }
}
