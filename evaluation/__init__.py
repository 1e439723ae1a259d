"""The evaluation: many small tasks in all three architectures, judged by rules. It may import everything but `web`."""
