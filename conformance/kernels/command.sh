# What uml-node and vm-node have in common: their options, and the directory through which the node
# gets its command and answers with its exit status. Sourced, never run.

# Sets `security` and `init` from the options before the command, and `options` to how many words they are.
read_options() {
    security=apparmor
    init=fresh-node
    options=0
    while :; do
        case "${1-}" in
        --security) security=$2 && options=$((options + 2)) && shift 2 ;;
        --systemd) init=systemd && options=$((options + 1)) && shift ;;
        *) break ;;
        esac
    done
}

# Writes the command as a script, with this environment and this working directory.
write_command() {
    exchange=$1
    shift
    {
        export -p
        # All is some twenty times slower there; bounds on time are none on the node's speed.
        echo "export PATIENCE=${PATIENCE:-10}"
        printf 'cd %s\nexec' "$(printf %s "$PWD" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/")"
        for word; do
            printf " '"
            printf %s "$word" | sed "s/'/'\\\\''/g"
            printf "'"
        done
        echo
    } >"$exchange/command"
}

# Exits with the command's status, or with 125 and the kernel's last words when the node itself failed.
exit_with_status() {
    exchange=$1
    if [ ! -s "$exchange/status" ]; then
        echo "$(basename "$0"): the kernel ended with $2 before the command did:" >&2
        for log in "$exchange"/*.log; do tail -n 50 "$log" >&2; done
        exit 125
    fi
    exit "$(cat "$exchange/status")"
}
