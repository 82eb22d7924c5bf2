"""``python -m fairaudit`` is the command ``fairaudit``."""

from fairaudit.cli import main

main()
