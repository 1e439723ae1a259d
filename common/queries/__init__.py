"""All SQL, a noun a file, one function for each question. Each takes the transaction that it runs in; none commits."""
