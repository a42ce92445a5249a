"""The scripts beside the suites as modules. By path: with tests/ on the module path, tests/dbt would look like dbt."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

for name in ("run", "lint"):
    spec = spec_from_file_location(name, Path(__file__).resolve().parents[1] / f"{name}.py")
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
