"""Run the command line as ``python -m cardhouse``."""

from cardhouse.cli import main

if __name__ == "__main__":
    main()
