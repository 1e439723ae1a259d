"""The people's side: pages, REST API, sign-in and live view. Imports `common`, never `workers`."""
