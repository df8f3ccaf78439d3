"""What is made up on purpose: a city, a department, its databases; always from a seed, always labelled."""
