"""The command line: a command group a file, and the supervisor of `up`; may import all other packages."""
