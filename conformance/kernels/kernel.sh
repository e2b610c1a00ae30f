# What uml-init and vm-init have in common: the file systems of a kernel that has just booted, and the
# run of the command. Sourced, never run. `MODULES` is where the kernel's modules are.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$0")

mount_kernel() {
    mountpoint -q /proc || mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mkdir -p /dev/pts /dev/shm /dev/mqueue
    mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
    mount -t tmpfs tmpfs /dev/shm
    mount -t mqueue mqueue /dev/mqueue
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mount -t bpf bpf /sys/fs/bpf
    mount -t securityfs securityfs /sys/kernel/security
    if [ -d /sys/fs/selinux ]; then
        mount -t selinuxfs selinuxfs /sys/fs/selinux
        load_selinux_policy
    fi
}

# Without a policy there is nothing to label by.
load_selinux_policy() {
    numbers=$(seq 0 1023)
    {
        cat "$here/selinux.cil"
        # shellcheck disable=SC2086 # a list of numbers
        printf '(category c%d)\n' $numbers
        # shellcheck disable=SC2086
        echo "(categoryorder ($(printf 'c%d ' $numbers)))"
    } >/dev/shm/policy.cil
    secilc --policyvers=33 --filecontext=/dev/null --output=/dev/shm/policy /dev/shm/policy.cil
    cat /dev/shm/policy >/sys/fs/selinux/load
}

# The kernel loads modules by itself from where they are for the machine's kernel.
offer_modules() {
    mkdir -p /lib/modules
    mount --bind "$1" /lib/modules
}

# Runs the command on the node, its output and errors going to two serial lines, and turns the node off.
# `init` is fresh-node or systemd.
run_command() {
    init=$1 output=$2 errors=$3
    ip link set lo up
    if [ "$init" = systemd ]; then
        exec "$here/systemd-node" "$output" "$errors"
    fi
    status=0
    "$here/../fresh-node" sh /mnt/exchange/command </dev/null >"$output" 2>"$errors" || status=$?
    turn_off "$status"
}

turn_off() {
    echo "$1" >/mnt/exchange/status
    umount /mnt/exchange
    exec poweroff --force --force --no-wtmp
}
