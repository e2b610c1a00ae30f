public import Image
internal import Kernel
internal import Model
internal import Text

extension Registries {
    /// Reads what the settings name.
    /// - Throws: as `Registries.load(path:directory:hosts:authFile:lookaside:)`.
    public static func load(_ settings: Settings) throws -> Registries {
        try load(
            path: settings.registriesFile, directory: settings.registriesDirectory,
            hosts: settings.hostDirectories, authFile: settings.authFile,
            lookaside: settings.signatureLookasides)
    }
}

extension SignaturePolicy {
    /// The policy for the pods of a namespace: its own file, or else the node's.
    /// - Throws: `GantryError` (`unknown`, the reason first) for a file that cannot be used: no policy at all
    ///   must not be the weakest one.
    static func load(_ settings: Settings, namespace: String) throws -> SignaturePolicy {
        let own = "\(settings.signaturePolicyDirectory)/\(namespace).json"
        let isName = !namespace.isEmpty && !namespace.has("/")
        do {
            return try load(path: isName && Files.exists(own) ? own : settings.signaturePolicy)
        } catch {
            throw GantryError(.unknown, "SignatureValidationFailed: \(error)")
        }
    }
}
