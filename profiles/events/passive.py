"""What happens to a person without their doing: no sign of life. Pure."""

# A preference that another system reports may be a batch import; it does not show that they came.
PASSIVE_EVENTS = (
    "Campaign Received",
    "Email Sent",
    "Email Delivered",
    "Email Bounced",
    "Segment Consent Preference Updated",
)
