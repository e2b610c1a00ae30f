/// The version of this source tree, in the one place where it stands: `packaging/version` reads it for
/// the package and the tag, and a test compares CHANGELOG.md with it (docs/releases.md).
public enum Release {
    /// Semantic Versioning 2.0.0.
    public static let version = "0.1.0"
}
