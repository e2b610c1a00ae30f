extension AppArmor {
    /// The default profile (apparmor.d(5)).
    ///
    /// What a container may do is decided by its capabilities, namespaces and mounts. The profile
    /// takes away what would reach the node should one of these be too generous: mounting, signals
    /// and ptrace beyond the container's own kind, and files of /proc and /sys that are not
    /// namespaced.
    static let profile = """
        profile \(defaultProfile) flags=(attach_disconnected, mediate_deleted) {
          capability,
          network,
          file,
          umount,

          # The daemon, its monitors and the runtime are not confined, or by a profile of their name.
          signal (receive) peer=unconfined,
          signal (receive) peer={gantry,crun,runc},
          signal (send, receive) peer=\(defaultProfile),
          ptrace (trace, read, tracedby, readby) peer=\(defaultProfile),

          deny /proc/{acpi,bus,fs,irq,scsi}/** wkl,
          deny /proc/{sysrq-trigger,latency_stats,sched_debug,timer_list} wkl,
          deny /proc/{kcore,kmem,mem} rwkl,
          # Left are those of a namespace: net, user, fs.mqueue, and kernel.msg*, sem and shm*.
          deny /proc/sys/{abi,crypto,debug,dev,vm}/** wkl,
          deny /proc/sys/fs/[^m]** wkl,
          deny /proc/sys/kernel/[^dhms]** wkl,
          deny /proc/sys/kernel/{dmesg,hardlockup,hotplug,modprobe,modules,sched,seccomp,soft,split,stack,sys}** wkl,

          deny /sys/{block,bus,class,dev,devices,firmware,hypervisor,kernel,module,power}/** wkl,
          deny /sys/fs/[^c]** wkl,
          deny /sys/{firmware,kernel/security,devices/virtual/powercap}/** rwkl,
        }

        """
}
