# SPDX-License-Identifier: GPL-2.0
"""npm's gRPC, as anybody gets it, for the tests that hold ours against it."""
import os
import shutil
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "testbed"))
from program import BUILD  # noqa: E402

FOLDER = os.path.join(BUILD, "npm")
PACKAGES = ["@grpc/grpc-js", "@grpc/proto-loader"]
ENVIRONMENT = {**os.environ, "NODE_PATH": os.path.join(FOLDER, "node_modules")}


def obstacle():
    """Installs what is not there. Why that cannot be; None if it is."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node or npm is missing; apt-get install nodejs npm"
    if all(os.path.isdir(os.path.join(FOLDER, "node_modules", package)) for package in PACKAGES):
        return None
    os.makedirs(FOLDER, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", FOLDER, *PACKAGES]
    try:
        failed = subprocess.run(command, capture_output=True, timeout=120).returncode
    except subprocess.TimeoutExpired:
        failed = True
    return f"npm's registry could not be reached; with a network: npm install --prefix {FOLDER} {' '.join(PACKAGES)}" if failed else None
