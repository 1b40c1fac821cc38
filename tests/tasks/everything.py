"""All tasks, and those that no route leads through smoothly, each with what is in the way."""

from collections.abc import Mapping

from tests.tasks import coding, data, formats, project, talking
from tests.tasks.task import Task

TASKS: tuple[Task, ...] = (*coding.TASKS, *data.TASKS, *formats.TASKS, *project.TASKS, *talking.TASKS)
KNOWN_DETOURS: Mapping[str, str] = {"write_a_workbook": "No module named 'openpyxl'"}
"""What the one call says that fails on the way. Commands have the Python of the system, which may lack the library."""
