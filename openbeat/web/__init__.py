"""Sites: what people see in a browser."""
