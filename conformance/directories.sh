# What fresh-node and systemd-node make of the file system. Sourced, never run.

# Overlay takes no overlay as its upper directory, hence the tmpfs on the places that get one.
mount_directories() {
    mount -t tmpfs -o mode=0755 tmpfs /run
    mkdir -p /run/lock /run/netns
    for directory in etc opt var usr/local/bin; do
        [ -d "/$directory" ] || continue
        mine=/run/.node/$directory
        mkdir -p "$mine/upper" "$mine/work"
        mount -t overlay -o "lowerdir=/$directory,upperdir=$mine/upper,workdir=$mine/work" \
            overlay "/$directory"
    done
    for directory in /etc/cni/net.d /etc/containers /etc/containerd /etc/gantry \
        /var/lib/gantry /var/lib/containerd /var/lib/containers /var/lib/cni /var/log/pods /var/tmp; do
        mkdir -p "$directory"
        mount -t tmpfs -o mode=0755 tmpfs "$directory"
    done
    # EROFS takes no files of a tmpfs: with GANTRY_ROOT=disk, layers are indexed.
    if [ -n "${GANTRY_DISK-}" ]; then
        mount --bind "$GANTRY_DISK" /var/lib/gantry
    fi
}

# sudo, by which critest loads AppArmor profiles, wants to find its host.
name_node() {
    hostname gantry-node
    echo "127.0.0.1 gantry-node" >>/etc/hosts
}
