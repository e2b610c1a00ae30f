internal import Image
internal import Kernel
internal import Text

extension NodeCheck {
    private static let area = "registries"

    /// Whether the files of registries, credentials and signatures can be used; the daemon reads them
    /// anew for each pull.
    func configuration() -> [Finding] {
        registries() + policies()
    }

    private func registries() -> [Finding] {
        do {
            let registries = try Registries.load(settings)
            if registries.warnings.isEmpty {
                return [.ok(Self.area, "registries.conf, hosts.toml and credentials can be used")]
            }
            return registries.warnings.map {
                .warning(Self.area, $0, "see containers-registries.conf(5)")
            }
        } catch {
            return [.problem(Self.area, "\(error)", "mend the file: every pull fails")]
        }
    }

    private func policies() -> [Finding] {
        let directory = settings.signaturePolicyDirectory
        let names = (try? Files.list(directory))?.filter { $0.ends(with: ".json") } ?? []
        let files = [settings.signaturePolicy] + names.map { "\(directory)/\($0)" }
        let failures = files.compactMap { file -> Finding? in
            do {
                _ = try SignaturePolicy.load(path: file)
                return nil
            } catch {
                return .problem(Self.area, "\(error)", "mend the file: it lets no image in")
            }
        }
        if !failures.isEmpty { return failures }
        let present = files.filter(Files.exists)
        return [
            .ok(
                Self.area,
                present.isEmpty
                    ? "no signature policy: every image is let in"
                    : "signature policies can be used: \(present.joined(separator: ", "))")
        ]
    }
}
