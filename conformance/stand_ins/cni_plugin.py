"""A CNI plugin, last in its chain, that fails or hangs when /run/failing says so.

The file holds the CNI command (ADD, DEL …, or * for all) and, after it, `hang` or the error's message; a hang
lasts as long as the file says so. Otherwise the plugin hands on the result of those before it
(CNI spec 1.0, section 2, ADD).
"""

import json
import os
import sys
import time
from pathlib import Path

command = os.environ["CNI_COMMAND"]
config = json.load(sys.stdin)
if command == "VERSION":
    print(json.dumps({"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0", "1.1.0"]}))
    sys.exit()
switch = Path("/run/failing")
while switch.exists() and switch.read_text() == f"{command} hang":
    time.sleep(0.05)
verb, _, message = switch.read_text().partition(" ") if switch.exists() else ("", "", "")
if verb in (command, "*"):
    print(json.dumps({"cniVersion": "1.0.0", "code": 100, "msg": message}))
    sys.exit(1)
if command == "ADD":
    print(json.dumps(config["prevResult"]))
