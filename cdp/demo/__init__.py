"""The demo: a real retailer's sample through the real intake, and the people in it."""
