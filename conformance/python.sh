# Sets PYTHON to the interpreter that has requirements.txt installed. Sourced, never run.
venv=$(pwd)/../.build/conformance
if [ -z "${PYTHON-}" ]; then
    PYTHON=$venv/bin/python
fi
if ! "$PYTHON" -c 'import grpc, google.protobuf, pytest, zstandard' 2>/dev/null; then
    echo "conformance: no Python with conformance/requirements.txt; make one with" >&2
    echo "    python3 -m venv .build/conformance" >&2
    echo "    .build/conformance/bin/pip install -r conformance/requirements.txt" >&2
    exit 2
fi
