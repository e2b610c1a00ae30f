# Sets NODE to what runs a command on the node that `--node KIND` names. Sourced in conformance/, never run.

# Whether user-mode Linux boots here. On a processor with AMX it panics at its first process, since the
# state of that extension is larger than what it has room for (`ptrace set fp regs failed`).
uml_boots() {
    [ -x /usr/bin/linux.uml ] && ! grep -qw amx_tile /proc/cpuinfo
}

NODE=./fresh-node
if [ "${1-}" = --node ]; then
    kind=${2-}
    case $kind in
    uml | uml-*)
        if ! uml_boots; then
            echo "conformance: user-mode Linux does not boot on this machine: vm${kind#uml} in place of $kind" >&2
            kind=vm${kind#uml}
        fi
        ;;
    esac
    case $kind in
    here) ;;
    uml | vm) NODE=kernels/$kind-node ;;
    uml-selinux | vm-selinux) NODE="kernels/${kind%-*}-node --security selinux" ;;
    uml-systemd | vm-systemd) NODE="kernels/${kind%-*}-node --systemd" ;;
    *)
        echo "conformance: there is no node \"$kind\"; want here, or uml or vm alone or with -selinux or -systemd" >&2
        exit 2
        ;;
    esac
    echo "conformance: node $kind" >&2
    shift 2
fi
