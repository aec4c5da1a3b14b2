"""`python -m lineament.cli.durable PORT FOLDER`."""

import sys
from pathlib import Path

from lineament.cli.durable.server import main

sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
