"""openbeat turns a police agency's internal records into open data that people can trust."""

__version__ = "0.1.0"
