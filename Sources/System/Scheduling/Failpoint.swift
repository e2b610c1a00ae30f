internal import Text

#if DEBUG
    internal import Glibc
    internal import Synchronization

    /// The places at which a debug build can be told to die, in the order in which an operation passes
    /// them: the crash matrix (conformance/crash) is made from this list.
    ///
    /// `GANTRY_FAILPOINT=NAME` in the daemon's environment has it killed the first time that it gets
    /// there, `NAME:3` the third. A release has neither the list nor the places.
    public enum Failpoint {
        /// The operation and, after the slash, the step that has just been done.
        public static let names = [
            "RunPodSandbox/stored", "RunPodSandbox/directory begun",
            "RunPodSandbox/shared memory mounted", "RunPodSandbox/directory made",
            "RunPodSandbox/monitor started", "RunPodSandbox/cgroup joined",
            "RunPodSandbox/namespaces made",
            "RunPodSandbox/network recorded", "RunPodSandbox/plugin added",
            "RunPodSandbox/network attached", "RunPodSandbox/shim recorded",
            "RunPodSandbox/shim started", "RunPodSandbox/infra container created",
            "RunPodSandbox/infra container started", "RunPodSandbox/plugins told",
            "RunPodSandbox/ready stored",

            "StopPodSandbox/stopping stored", "StopPodSandbox/container killed",
            "StopPodSandbox/container released", "StopPodSandbox/sandbox stopped",
            "StopPodSandbox/plugin deleted",
            "StopPodSandbox/network detached", "StopPodSandbox/namespaces released",
            "StopPodSandbox/infra container deleted", "StopPodSandbox/monitor ended",
            "StopPodSandbox/stopped stored",

            "RemovePodSandbox/stopped", "RemovePodSandbox/container removed",
            "RemovePodSandbox/shim ended",
            "RemovePodSandbox/shared memory unmounted", "RemovePodSandbox/directory removed",
            "RemovePodSandbox/row removed",

            "CreateContainer/layers mapped", "CreateContainer/root file system mounted",
            "CreateContainer/volume mounted", "CreateContainer/volume mapped",
            "CreateContainer/declared volume filled", "CreateContainer/plugins asked",
            "CreateContainer/bundle written", "CreateContainer/stored",
            "CreateContainer/shim recorded", "CreateContainer/shim started",
            "CreateContainer/created",
            "CreateContainer/created stored",

            "StartContainer/begun", "StartContainer/started", "StartContainer/running stored",

            "StopContainer/signalled", "StopContainer/exit noted", "StopContainer/exit stored",
            "StopContainer/released", "StopContainer/stopped",

            "RemoveContainer/killed", "RemoveContainer/released", "RemoveContainer/forgotten",
            "RemoveContainer/volumes removed", "RemoveContainer/root file system removed",
            "RemoveContainer/bundle removed", "RemoveContainer/row removed",
            "RemoveContainer/layers removed",

            "PullImage/resolved", "PullImage/staged", "PullImage/layer unpacked",
            "PullImage/layers synced", "PullImage/layer committed", "PullImage/layers committed",
            "PullImage/stored",

            "RemoveImage/row removed", "RemoveImage/layer set aside", "RemoveImage/layers removed",

            "ExecSync/files written", "ExecSync/program ended",

            "ReopenContainerLog/reopened",

            "UpdateContainerResources/intent noted", "UpdateContainerResources/cgroup changed",
            "UpdateContainerResources/spec written", "UpdateContainerResources/stored",

            "CheckpointContainer/begun", "CheckpointContainer/file made",
            "CheckpointContainer/paused", "CheckpointContainer/checkpointed",
            "CheckpointContainer/packed", "CheckpointContainer/resumed",
            "CheckpointContainer/committed",

            "monitor/asked", "undo/step taken",

            "recovery/sandbox read", "recovery/container recovered", "recovery/sandbox recovered",
            "recovery/network swept", "recovery/orphans removed",
        ]

        private static let armed: (name: String, pass: Int)? = {
            guard let text = getenv("GANTRY_FAILPOINT") else { return nil }
            let parts = String(cString: text).split(at: ":").map(String.init)
            return (parts.first ?? "", parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        }()

        private static let passes = Mutex(0)

        /// Dies here if it was told to.
        public static func reached(_ place: StaticString) {
            let name = place.description
            precondition(names.contains(name), "\(name) is not in the list of failpoints")
            guard let armed, armed.name == name else { return }
            let pass = passes.withLock { passes in
                passes += 1
                return passes
            }
            if pass == armed.pass { kill(getpid(), SIGKILL) }
        }
    }
#endif

/// Marks a step whose effect is there: a debug build can be told to die here, see `Failpoint`.
@inlinable
public func failpoint(_ place: StaticString) {
    #if DEBUG
        Failpoint.reached(place)
    #endif
}
