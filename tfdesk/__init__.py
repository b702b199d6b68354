"""tfdesk: reply drafts for therapists, on the clinic's own computer."""

__version__ = "0.1.0"
