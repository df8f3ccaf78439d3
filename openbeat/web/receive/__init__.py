"""Where extractors hand records in: inside the agency, on a port of its own, never on the public site."""
