"""The world outside: a child process that reads workbooks, so that a hostile one cannot take the service with it."""
