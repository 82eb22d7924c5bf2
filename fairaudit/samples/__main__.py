"""Write the packaged sample again: ``python -m fairaudit.samples data/samples``."""

from __future__ import annotations

import argparse
from pathlib import Path

from fairaudit.samples import make_sample, write_sample


def main() -> None:
    """Write the sample's files and name them."""
    parser = argparse.ArgumentParser(prog="python -m fairaudit.samples", description="Write the invented sample.")
    parser.add_argument("folder", type=Path, help="where to write; made if absent")
    for path in write_sample(parser.parse_args().folder, make_sample()).values():
        print(path)


if __name__ == "__main__":
    main()
