"""How fast lambdakit is: warm calls and cold starts, with aws-lambda-powertools and hand-written code beside it.

`python -m benchmarks` measures everything and prints the tables; `comparisons.py` says what is compared and what the
goals are; `apps/` has the handlers.
"""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - cold starts count pathlib
