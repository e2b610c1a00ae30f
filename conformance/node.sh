# Sets NODE to what runs a command on the node that `--node KIND` names. Sourced in conformance/, never run.
NODE=./fresh-node
if [ "${1-}" = --node ]; then
    case ${2-} in
    here) ;;
    uml) NODE=./uml-node ;;
    uml-selinux) NODE="./uml-node --security selinux" ;;
    uml-systemd) NODE="./uml-node --systemd" ;;
    *)
        echo "conformance: there is no node \"${2-}\"; want here, uml, uml-selinux or uml-systemd" >&2
        exit 2
        ;;
    esac
    shift 2
fi
