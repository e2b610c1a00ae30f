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
}
