/// What becomes of a short name without an alias (containers-registries.conf(5), `short-name-mode`).
/// Nobody can be asked here, so each does as it does elsewhere without a terminal.
enum ShortNameMode: String, Sendable {
    /// Of several search registries none is chosen.
    case enforcing
    /// All search registries are asked, in their order.
    case permissive, disabled
}
