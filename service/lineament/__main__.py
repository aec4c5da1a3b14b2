"""`python -m lineament` is the `lineament` command."""

from lineament.cli.main import main

raise SystemExit(main())
