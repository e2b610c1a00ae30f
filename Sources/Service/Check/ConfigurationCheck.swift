internal import Image
internal import ImageProtocol
internal import Kernel
internal import System
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

    /// Whether the keys of the policies are keys: who checks signatures is asked.
    func keys() async -> [Finding] {
        var findings: [Finding] = []
        for file in policyFiles {
            do {
                let policy = try await Blocking.run { try SignaturePolicy.load(path: file) }
                try await policy.checkKeys(by: workers)
            } catch let error as SignatureError {
                findings.append(
                    .problem(Self.area, "\(file): \(error)", "mend the file: it lets no image in"))
            } catch {
                // `policies` tells of files that cannot be read.
                continue
            }
        }
        return findings
    }

    private var policyFiles: [String] {
        let directory = settings.signaturePolicyDirectory
        let names = (try? Files.list(directory))?.filter { $0.ends(with: ".json") } ?? []
        return [settings.signaturePolicy] + names.map { "\(directory)/\($0)" }
    }

    private func policies() -> [Finding] {
        let files = policyFiles
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
