# Sets PYTHON to the interpreter that conformance/setup made. Sourced in conformance/, never run.
PYTHON=$(pwd)/../.build/conformance/bin/python
if [ ! -x "$PYTHON" ]; then
    echo "conformance: run conformance/setup first" >&2
    exit 2
fi
export PYTHONDONTWRITEBYTECODE=1
