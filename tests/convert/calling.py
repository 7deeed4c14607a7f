"""What the converter's tests share. The command is called as in tests/cli; see its conftest."""

import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("cli_conftest", Path(__file__).resolve().parents[1] / "cli/conftest.py")
command = importlib.util.module_from_spec(spec)
spec.loader.exec_module(command)
