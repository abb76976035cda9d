"""Makes the mutants of modules, in the copy that it runs in, with mutmut's operators.

`python -m scripts.assurance.pymutants FILE…` writes each file anew, with every mutant of its
functions behind a trampoline, and prints the mutants' names.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name


def main() -> None:
    """Write the given files with their mutants."""
    for name in sys.argv[1:]:
        path = Path(name)
        made = mutate_file_contents(name, path.read_text())
        path.write_text(made.code)
        for mutant in made.mutant_names:
            print(get_mutant_name(path, mutant))


if __name__ == "__main__":
    main()
