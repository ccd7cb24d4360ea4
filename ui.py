"""The chat."""

import sys

from qa import cli


def main() -> int:
    parser, _ = cli.make_parser()
    return cli.run(parser)


if __name__ == "__main__":
    sys.exit(main())
