"""`python -m oncall` is the `oncall` command."""

from oncall.cli.main import main

main()
