"""Stands before the CNI plugin that its name ends with, which fails or hangs when /run/failing says so.

The file holds the CNI command (ADD, DEL …, or * for all) and, after it, `hang` or the error's message; a hang
lasts as long as the file says so, and /run/hung is there once one has begun.
"""

import json
import os
import sys
import time
from pathlib import Path

command = os.environ["CNI_COMMAND"]
name = Path(sys.argv[0]).name.removeprefix("conformance-")
switch = Path("/run/failing")
verb, _, message = switch.read_text().partition(" ") if switch.exists() else ("", "", "")
if verb in (command, "*") and message == "hang":
    Path("/run/hung").touch()
    while switch.exists():
        time.sleep(0.02)
elif verb in (command, "*"):
    print(json.dumps({"cniVersion": "1.0.0", "code": 100, "msg": message}))
    sys.exit(1)
real = next(path for directory in os.environ["CNI_PATH"].split(":")
            if (path := Path(directory) / name).exists())
os.execv(real, [name])
