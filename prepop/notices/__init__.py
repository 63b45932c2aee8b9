"""Telling elsewhere how a run ended: by mail, in a chat, to a webhook."""
