internal import Image
internal import Logging
internal import Store

extension Node {
    /// Says in one line what was wrong with the database, and what became of it.
    static func tell(_ condition: StoreCondition, _ log: Logger) {
        let recovered =
            "\(condition.images) images, \(condition.pods) pods and \(condition.containers) "
            + "containers were recovered from their records"
        if let damage = condition.damage {
            let aside = condition.setAside ?? "nowhere"
            log.error("the database is damaged (\(damage)): it is kept as \(aside); \(recovered)")
        } else if !condition.recoveredNothing {
            log.warning("the database lacked what its records have: \(recovered)")
        }
    }

    /// Says which format of layers counts, and why indexes do not.
    static func tell(_ formats: LayerFormats, _ log: Logger) {
        var facts: Logger.Metadata = ["format": "\(formats.preferred)"]
        if let why = formats.reason ?? formats.caution { facts["no_indexes"] = "\(why)" }
        log.info("layers of images", metadata: facts)
    }
}
