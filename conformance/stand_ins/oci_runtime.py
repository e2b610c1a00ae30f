"""Stands before an OCI runtime of the same name, which fails or hangs when /run/failing says so.

The file holds the command (create, start, kill, delete …, or * for all) and, after it, `hang` or the message; a
hang lasts as long as the file says so, and /run/hung is there once one has begun.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

COMMANDS = {"create", "start", "kill", "delete", "exec", "state", "features", "update"}

name = Path(sys.argv[0]).name
command = next((word for word in sys.argv[1:] if word in COMMANDS), "")
switch = Path("/run/failing")
while switch.exists() and switch.read_text() in (f"{command} hang", "* hang"):
    Path("/run/hung").touch()
    time.sleep(0.05)
verb, _, message = switch.read_text().partition(" ") if switch.exists() else ("", "", "")
if command and verb in (command, "*"):
    print(message, file=sys.stderr)
    if "--log" in sys.argv:
        with open(sys.argv[sys.argv.index("--log") + 1], "a", encoding="utf-8") as log:
            print(json.dumps({"level": "error", "msg": message}), file=log)
    sys.exit(1)
real = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
os.execv(real, [name, *sys.argv[1:]])
