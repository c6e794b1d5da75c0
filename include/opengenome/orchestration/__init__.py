"""The plain functions behind the tasks, the settings, and the submit operator."""
