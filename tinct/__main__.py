"""``python -m tinct``."""

from tinct.cli import main

if __name__ == "__main__":
    main()
