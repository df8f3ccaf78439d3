"""The public site: reads a shelf of releases and nothing else; no database, no accounts, no cookies."""
