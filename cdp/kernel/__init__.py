"""Foundation: clock, errors, cryptography, keys, database doors, job runs. Knows no person."""
