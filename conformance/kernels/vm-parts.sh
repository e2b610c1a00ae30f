# What vm-node puts a virtual machine together from: a kernel, an initial file system, and this machine's
# directories. Sourced, never run. `here` and `project` are the folder of this file and the project's.

# Sets `kernel`, `modules` and `busybox` to what conformance/setup unpacked.
find_parts() {
    parts=$project/.build/conformance
    kernel=$(echo "$parts"/kernel/boot/vmlinuz-*)
    modules=$parts/kernel/lib/modules
    busybox=$parts/busybox-static/bin/busybox
    if [ ! -e "$kernel" ] || [ ! -x "$busybox" ] || ! command -v qemu-system-x86_64 >/dev/null; then
        echo "vm-node: run packaging/setup and conformance/setup first" >&2
        exit 125
    fi
}

# Writes the initial file system: a static busybox, what mounts the machine's root, and the modules for
# that in the order in which they are loaded.
make_initramfs() {
    tree=$(mktemp -d)
    mkdir -p "$tree/bin" "$tree/modules" "$tree/proc" "$tree/dev" "$tree/lower" "$tree/memory" "$tree/root"
    cp "$busybox" "$tree/bin/busybox"
    cp "$here/vm-initramfs" "$tree/init"
    version=$(basename "$modules"/*)
    number=10
    for module in virtio_pci virtio_console virtiofs overlay; do
        modprobe --dirname "$parts/kernel" --set-version "$version" --show-depends "$module"
    done | while read -r word path; do
        number=$((number + 1))
        # Some are what several depend on.
        [ "$word" != insmod ] || [ -e "$tree"/modules/*-"${path##*/}" ] ||
            cp "$path" "$tree/modules/$number-${path##*/}"
    done
    (cd "$tree" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$1"
    rm -r "$tree"
}

# Mounts this machine's root file system at a directory, read only, since virtiofsd has no such mode;
# and the project, which may be on another one.
share_root() {
    mount --bind / "$1"
    mount -o remount,ro,bind "$1"
    mount --bind "$project" "$1$project"
    mount -o remount,ro,bind "$1$project"
}

# Starts a server of a directory: share TAG DIRECTORY [OPTION…]. It has no pool of threads: with one the
# guest hangs when it drops its caches.
share() {
    tag=$1 source=$2
    shift 2
    /usr/lib/qemu/virtiofsd --socket-path="$node/$tag.sock" --thread-pool-size=0 -f \
        --rlimit-nofile=0 -o source="$source" "$@" >"$exchange/virtiofsd-$tag.log" 2>&1 &
    server=$!
    until [ -S "$node/$tag.sock" ]; do
        kill -0 "$server" 2>/dev/null || exit_with_status "$exchange" "no server of $source"
        sleep 0.05
    done
}
